// A worker at one end of a socket, the test as its host at the other.
#include "engine/worker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "os/socket.h"

namespace shoal::engine {
namespace {

using wire::FrameType;

class SetClock final : public Clock {
 public:
  MonotonicTime now() const override { return MonotonicTime(Duration(now_.load())); }
  WallTime wall() const override { return {}; }
  void advance(Duration by) { now_ += by.count(); }

 private:
  std::atomic<Duration::rep> now_{0};
};

class PatientEngine final : public Engine {
 public:
  // Tells that it has begun, then waits until nobody wants its answer; `large`: answers with more than a host
  // takes; `fill`: sends parts as long as there is room.
  class PatientModel final : public Model {
   public:
    Result<Reply> call(Call const& call, CallContext& context) override {
      if (call.operation == "large")
        return Reply{value::Value::record({{"text", std::string(wire::kMaxPayloadBytes, 'x')}}), {}};
      if (call.operation == "fill") {
        while (context.try_chunk("text", "part")) ++parts_;
        return Error(Code::busy, std::to_string(parts_) + " parts");
      }
      context.progress(0, 1, "begun");
      while (!context.cancelled()) std::this_thread::yield();
      return Error(Code::cancelled, "nobody wants it");
    }

   private:
    int parts_ = 0;
  };
  Result<std::unique_ptr<Model>> load(ModelFile const&, std::function<bool(double)> const&) override {
    return std::make_unique<PatientModel>();
  }
};

class WorkerTest : public testing::Test {
 protected:
  WorkerTest() {
    auto ends = os::socket_pair().value();
    host_ = std::make_unique<wire::Channel>(std::move(ends.first), wire::End::host);
    thread_ = std::thread([this, socket = std::make_shared<os::Descriptor>(std::move(ends.second))] {
      wire::Hello hello{wire::kProtocolVersion, "test", "1", true};
      Worker worker(engine_, std::move(hello), wire::Channel(std::move(*socket), wire::End::worker),
                    os::Wakeup::create().value(), clock_);
      EXPECT_TRUE(worker.run());
    });
    send(FrameType::load, 1, wire::to_json(wire::LoadRequest{"m", "", {}, std::nullopt}));
    EXPECT_EQ(next(FrameType::result).call, 1u);
  }
  ~WorkerTest() override {
    host_.reset();
    thread_.join();
  }
  void send(FrameType type, std::uint64_t call, Json const& payload) {
    ASSERT_TRUE(host_->send(type, call, payload.dump()));
    ASSERT_TRUE(host_->flush());
  }
  // The next frame of this type or an error; others are passed over.
  wire::Frame next(FrameType type) {
    os::Poller poller;
    poller.watch(host_->descriptor(), os::Interest::read);
    while (true) {
      while (auto received = host_->next().value()) {
        if (received->frame.type == type || received->frame.type == FrameType::error) return received->frame;
      }
      EXPECT_TRUE(poller.wait(std::nullopt));
      if (!host_->read().value()) return {};
    }
  }

  SetClock clock_;
  PatientEngine engine_;
  std::unique_ptr<wire::Channel> host_;
  std::thread thread_;
};

TEST_F(WorkerTest, ACallHearsThatItsDeadlineIsOver) {
  wire::CallRequest request{"wait", 1, Json::object(), std::chrono::seconds(5)};
  send(FrameType::call, 2, wire::to_json(request));
  EXPECT_EQ(next(FrameType::chunk).call, 2u);
  clock_.advance(std::chrono::seconds(5));
  auto const ended = next(FrameType::error);
  EXPECT_EQ(ended.call, 2u);
  EXPECT_EQ(wire::error_from(Json::parse(ended.payload).value()).code(), Code::deadline_exceeded);
}

TEST_F(WorkerTest, AnAnswerThatTheHostWouldNotTakeIsAnErrorOfItsCall) {
  send(FrameType::call, 2, wire::to_json(wire::CallRequest{"large", 1, Json::object()}));
  auto const ended = next(FrameType::result);
  ASSERT_EQ(ended.type, FrameType::error);
  EXPECT_EQ(wire::error_from(Json::parse(ended.payload).value()).code(), Code::out_of_memory);
}

TEST_F(WorkerTest, APartThatMayNotWaitHasOnlyTheRoomThatTheHostGave) {
  send(FrameType::call, 2, wire::to_json(wire::CallRequest{"fill", 1, Json::object()}));
  for (int i = 0; i < wire::kInitialCredit; ++i) EXPECT_EQ(next(FrameType::chunk).type, FrameType::chunk);
  auto const ended = next(FrameType::chunk);
  ASSERT_EQ(ended.type, FrameType::error);
  EXPECT_EQ(wire::error_from(Json::parse(ended.payload).value()).message(),
            std::to_string(wire::kInitialCredit) + " parts");
}

}  // namespace
}  // namespace shoal::engine
