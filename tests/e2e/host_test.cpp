// The host with real worker processes: the echo engine fails in every way, and nobody else is hurt.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <future>
#include <thread>

#include "host/host.h"
#include "os/file.h"

namespace shoal::host {
namespace {

using value::Value;

// A job that is under way.
struct Pending {
  JobId id = 0;
  std::future<JobReport> report;
};

class HostTest : public testing::Test {
 protected:
  void SetUp() override {
    auto engines = load_manifests(std::string(SHOAL_BINARY_DIR) + "/lib/shoal/engines");
    ASSERT_TRUE(engines) << engines.error().message();
    auto rogue = load_manifests(std::string(SHOAL_BINARY_DIR) + "/tests/e2e/engines");
    ASSERT_TRUE(rogue) << rogue.error().message();
    engines->push_back(std::move(rogue->front()));
    engines_ = std::move(*engines);
    start({});
  }
  void start(Limits limits) { host_ = Host::start({engines_, 2, std::move(limits)}, clock_).value(); }
  Manifest& engine(std::string const& name) {
    return *std::find_if(engines_.begin(), engines_.end(),
                         [&](auto const& each) { return each.engine == name; });
  }

  Pending submit(std::string operation, Value inputs, std::function<void(std::string, Value)> on_chunk = {},
                 std::string engine = "echo") {
    auto promise = std::make_shared<std::promise<JobReport>>();
    JobSpec job;
    job.engine = std::move(engine);
    job.operation = std::move(operation);
    job.inputs = std::move(inputs);
    job.on_chunk = std::move(on_chunk);
    job.on_done = [promise](JobReport report) { promise->set_value(std::move(report)); };
    auto report = promise->get_future();
    return {host_->submit(std::move(job)), std::move(report)};
  }
  JobReport call(std::string operation, Value inputs) {
    return submit(std::move(operation), std::move(inputs)).report.get();
  }

  SystemClock clock_;
  std::vector<Manifest> engines_;
  std::unique_ptr<Host> host_;
};

TEST_F(HostTest, EchoGivesBackWhatItGot) {
  auto const inputs = Value::record({{"value", Value::list({1, 2.5, "text", Value::record({{"a", true}})})}});
  auto const report = call("echo", inputs);
  ASSERT_TRUE(report.outputs) << report.outputs.error().message();
  EXPECT_EQ((*report.outputs)["value"], inputs["value"]);
  EXPECT_GT(report.cpu_seconds, 0);
  EXPECT_GT(report.peak_bytes, 0u);
}

TEST_F(HostTest, AnErrorOfTheEngineArrivesWithItsCodeAndWords) {
  auto const report = call("fail", Value::record({{"code", "not_found"}, {"message", "no such page"}}));
  ASSERT_FALSE(report.outputs);
  EXPECT_EQ(report.outputs.error(), Error(Code::not_found, "no such page"));
}

TEST_F(HostTest, BigBuffersArriveWhole) {
  auto const report = call("big", Value::record({{"bytes", 100'000'000}}));
  ASSERT_TRUE(report.outputs) << report.outputs.error().message();
  auto const blob = (*report.outputs)["blob"].as_blob();
  ASSERT_TRUE(blob);
  EXPECT_EQ(blob->bytes(), std::string(100'000'000, 'b'));
}

TEST_F(HostTest, StreamsKeepTheirOrderAndLoseNothing) {
  std::vector<std::int64_t> parts;
  auto pending = submit("stream", Value::record({{"count", 1000}}),
                        [&](std::string, Value part) { parts.push_back(part.as_integer()); });
  ASSERT_TRUE(pending.report.get().outputs);
  ASSERT_EQ(parts.size(), 1000u);
  for (std::size_t i = 0; i < parts.size(); ++i) EXPECT_EQ(parts[i], static_cast<std::int64_t>(i));
}

TEST_F(HostTest, ACrashIsTriedAgainOnceAndThenNamedAndTheHostLives) {
  auto const report = call("crash", Value::record({}));
  ASSERT_FALSE(report.outputs);
  EXPECT_EQ(report.outputs.error().code(), Code::engine_failed);
  EXPECT_NE(report.outputs.error().message().find("signal 6"), std::string::npos)
      << report.outputs.error().message();
  EXPECT_TRUE(call("echo", Value::record({{"value", 1}})).outputs);
}

TEST_F(HostTest, JobsBesideACrashEndWell) {
  auto sleeping = submit("sleep", Value::record({{"seconds", 0.3}, {"value", "slept"}}));
  auto crashing = submit("crash", Value::record({}));
  auto const crashed = crashing.report.get();
  ASSERT_FALSE(crashed.outputs);
  EXPECT_EQ(crashed.outputs.error().code(), Code::engine_failed);
  auto const report = sleeping.report.get();
  EXPECT_TRUE(report.outputs) << report.outputs.error().message();
}

TEST_F(HostTest, CancellingAnswersAtOnceAlsoWhereTheEngineDoesNotListen) {
  ASSERT_TRUE(call("echo", Value::record({{"value", 1}})).outputs);
  for (auto const* operation : {"sleep", "hang"}) {
    auto pending = submit(operation, Value::record({{"seconds", 60}}));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // so that it runs and does not only wait
    auto const asked = clock_.now();
    host_->cancel(pending.id);
    auto const report = pending.report.get();
    EXPECT_LT(seconds(clock_.now() - asked), 0.5) << operation;  // generous: the machine may be busy
    ASSERT_FALSE(report.outputs);
    EXPECT_EQ(report.outputs.error().code(), Code::cancelled);
  }
  // The hanging worker is killed and another one answers.
  EXPECT_TRUE(call("echo", Value::record({{"value", 2}})).outputs);
}

TEST_F(HostTest, AQueuedJobCanBeCancelled) {
  std::vector<Pending> running;
  for (int i = 0; i < 40; ++i) running.push_back(submit("sleep", Value::record({{"seconds", 60}})));
  host_->cancel(running.back().id);
  EXPECT_EQ(running.back().report.get().outputs.error().code(), Code::cancelled);
  for (auto const& each : running) host_->cancel(each.id);
}

TEST_F(HostTest, EndingTheHostEndsItsJobs) {
  auto pending = submit("sleep", Value::record({{"seconds", 60}}));
  host_.reset();
  EXPECT_EQ(pending.report.get().outputs.error().code(), Code::cancelled);
}

TEST_F(HostTest, WhatDoesNotExistIsNamed) {
  auto const report = call("ecko", Value::record({}));
  ASSERT_FALSE(report.outputs);
  EXPECT_EQ(report.outputs.error().code(), Code::not_found);
  EXPECT_NE(report.outputs.error().message().find("ecko"), std::string::npos);
}

TEST_F(HostTest, AWorkerCanDoNothingButWork) {
  auto const folder = os::TemporaryFolder::create("shoal-forbidden").value();
  auto const report = call("forbidden", Value::record({{"path", folder.path()}}));
  ASSERT_TRUE(report.outputs) << report.outputs.error().message();
  auto const& results = (*report.outputs)["results"].as_list();
  EXPECT_EQ(results.size(), 8u);
  for (auto const& result : results)
    EXPECT_FALSE(result["allowed"].as_boolean()) << result["attempt"].as_text();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST_F(HostTest, AWorkerThatAnswersCallsOfOthersIsNotBelieved) {
  auto honest = submit("sleep", Value::record({{"seconds", 0.5}, {"value", "genuine"}}));
  auto forging = submit("forge", Value::record({{"value", 1}}), {}, "rogue");
  auto const forged = forging.report.get();
  ASSERT_FALSE(forged.outputs);
  EXPECT_EQ(forged.outputs.error().code(), Code::engine_failed);
  EXPECT_NE(forged.outputs.error().message().find("not its own"), std::string::npos)
      << forged.outputs.error().message();
  auto const answer = honest.report.get();
  ASSERT_TRUE(answer.outputs);
  EXPECT_EQ((*answer.outputs)["value"], Value("genuine"));
}

TEST_F(HostTest, ALoadThatTellsOfNoProgressIsGivenUp) {
  engine("rogue").environment.emplace_back("ROGUE_MUTE", "1");
  Limits limits;
  limits.load_patience = std::chrono::milliseconds(100);
  start(std::move(limits));
  auto const report = submit("forge", Value::record({{"value", 1}}), {}, "rogue").report.get();
  ASSERT_FALSE(report.outputs);
  EXPECT_EQ(report.outputs.error().code(), Code::deadline_exceeded);
  EXPECT_NE(report.outputs.error().message().find("rogue"), std::string::npos)
      << report.outputs.error().message();
  EXPECT_TRUE(call("echo", Value::record({{"value", 1}})).outputs);
}

TEST_F(HostTest, AWorkerThatEatsMemoryIsEndedAndNamedAndOthersGoOn) {
  engines_.push_back(engine("echo"));
  engines_.back().engine = "innocent";
  // A call that writes is not repeated, but fails with what its worker died of.
  for (auto& operation : engine("echo").operations) {
    if (operation.name == "sleep") operation.effects = value::Effects::writes;
  }
  Limits limits;
  limits.memory_bytes = 200 << 20;
  start(std::move(limits));
  auto innocent = submit("sleep", Value::record({{"seconds", 60}}), {}, "innocent");
  auto beside = submit("sleep", Value::record({{"seconds", 60}}));
  while (beside.report.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
    (void)call("leak", Value::record({{"bytes", 205 << 20}}));
  auto const report = beside.report.get();
  ASSERT_FALSE(report.outputs);
  EXPECT_NE(report.outputs.error().message().find("of memory"), std::string::npos)
      << report.outputs.error().message();
  EXPECT_NE(innocent.report.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  EXPECT_TRUE(submit("echo", Value::record({{"value", 1}}), {}, "innocent").report.get().outputs);
  EXPECT_TRUE(call("echo", Value::record({{"value", 1}})).outputs);
}

TEST_F(HostTest, AWorkerCannotAllocateFarBeyondTheLimit) {
  Limits limits;
  limits.memory_bytes = 200 << 20;
  start(std::move(limits));
  auto const report = call("leak", Value::record({{"bytes", 1 << 30}}));
  ASSERT_FALSE(report.outputs);
  EXPECT_EQ(report.outputs.error().code(), Code::out_of_memory) << report.outputs.error().message();
}

TEST_F(HostTest, TooManyCallsAreBusy) {
  Limits limits;
  limits.jobs = 10;
  start(std::move(limits));
  std::vector<Pending> running;
  for (int i = 0; i < 10; ++i) running.push_back(submit("sleep", Value::record({{"seconds", 60}})));
  auto const refused = call("echo", Value::record({{"value", 1}}));
  ASSERT_FALSE(refused.outputs);
  EXPECT_EQ(refused.outputs.error().code(), Code::busy);
  host_->cancel(running.back().id);
  EXPECT_FALSE(running.back().report.get().outputs);
  EXPECT_TRUE(call("echo", Value::record({{"value", 1}})).outputs);
}

TEST_F(HostTest, NoWorkerOutlivesTheHost) {
  ASSERT_TRUE(call("echo", Value::record({{"value", 1}})).outputs);
  auto const count_workers = [] {
    int count = 0;
    for (auto const& entry : std::filesystem::directory_iterator("/proc/self/task")) {
      auto const children = os::read_file(entry.path().string() + "/children", 1 << 16);
      if (children) count += static_cast<int>(std::count(children->begin(), children->end(), ' '));
    }
    return count;
  };
  EXPECT_EQ(count_workers(), 1);
  host_.reset();
  EXPECT_EQ(count_workers(), 0);
}

}  // namespace
}  // namespace shoal::host
