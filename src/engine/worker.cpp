#include "engine/worker.h"

#include <algorithm>
#include <exception>

#include "os/machine.h"
#include "value/json.h"

namespace shoal::engine {
namespace {

// Engines wrap throwing libraries themselves; what slips through ends the call, not the worker.
template <typename T, typename Work> Result<T> without_exceptions(Work&& work) {
  try {
    return work();
  } catch (std::bad_alloc const&) {
    return Error(Code::out_of_memory, "the worker has no memory left for this call");
  } catch (std::exception const& thrown) {
    return Error(Code::engine_failed, std::string("the engine threw: ") + thrown.what());
  }
}

wire::MemoryReport report(Memory const& memory) {
  return {memory.weights, memory.cache, memory.compute, memory.other, memory.prefixes};
}

Result<Json> payload(wire::Frame const& frame) { return Json::parse(frame.payload); }

}  // namespace

// What a running call sees of the worker.
class Worker::ActiveCall final : public CallContext, public std::enable_shared_from_this<ActiveCall> {
 public:
  ActiveCall(Worker& worker, std::uint64_t id, std::optional<Duration> time_left = {},
             wire::InputBlobs inputs = {})
      : worker_(worker), id_(id), inputs_(std::move(inputs)) {
    if (time_left) deadline_ = worker.clock_.now() + *time_left;
  }

  void chunk(std::string_view port, value::Value part) override {
    if (take_credit()) post_chunk(port, std::move(part));
  }

  bool try_chunk(std::string_view port, value::Value const& part) override {
    {
      std::lock_guard lock(mutex_);
      if (credit_ == 0) return false;
      --credit_;
    }
    if (!cancelled()) post_chunk(port, part);
    return true;
  }

  void progress(double done, double total, std::string_view what) override {
    wire::Chunk message;
    message.done = done;
    message.total = total;
    message.what = what;
    worker_.post([id = id_, text = wire::to_json(message).dump()](wire::Channel& channel) {
      return channel.send(wire::FrameType::chunk, id, text);
    });
  }

  void give_up(Error error) override {
    worker_.finish(id_, std::move(error));
    worker_.post([](wire::Channel& channel) -> Result<void> {
      // What does not fit into the socket now is lost, and the host repeats the call.
      TRY(channel.flush());
      std::_Exit(wire::kGaveUpExit);
    });
  }

  bool is_late() const { return deadline_ && worker_.clock_.now() >= *deadline_; }
  bool cancelled() const override { return cancelled_.load(std::memory_order_relaxed) || is_late(); }

  void cancel() {
    cancelled_ = true;
    credit_changed_.notify_all();
  }

  void add_credit(std::int64_t chunks) {
    {
      std::lock_guard lock(mutex_);
      credit_ = std::min<std::int64_t>(credit_ + std::clamp<std::int64_t>(chunks, 0, wire::kUnboundedCredit),
                                       wire::kUnboundedCredit);
    }
    credit_changed_.notify_all();
  }

 private:
  void post_chunk(std::string_view port, value::Value part) {
    worker_.post([this, self = shared_from_this(), port = std::string(port),
                  part = std::move(part)](wire::Channel& channel) -> Result<void> {
      auto const sent = [&]() -> Result<void> {
        wire::Chunk message;
        message.port = port;
        message.part = TRY(wire::send_blobs(channel, id_, part, wire::Hashes::left_out, inputs_));
        return channel.send(wire::FrameType::chunk, id_, TRY(wire::text_for_host(wire::to_json(message))));
      }();
      if (sent) return {};
      cancel();
      return worker_.end(id_, sent);
    });
  }

  bool take_credit() {
    std::unique_lock lock(mutex_);
    // Woken by a timer as well: cancel() does not take the mutex.
    while (credit_ == 0 && !cancelled()) credit_changed_.wait_for(lock, std::chrono::milliseconds(10));
    if (cancelled()) return false;
    --credit_;
    return true;
  }

  Worker& worker_;
  std::uint64_t const id_;
  wire::InputBlobs const inputs_;  // a part that has some of them in it refers to them
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;  // guards credit_; the condition variable needs it bare
  std::condition_variable credit_changed_;
  std::int64_t credit_ = wire::kInitialCredit;
  std::optional<MonotonicTime> deadline_;
};

Worker::Worker(Engine& engine, wire::Hello hello, wire::Channel channel, os::Wakeup wakeup,
               Clock const& clock)
    : engine_(engine),
      hello_(std::move(hello)),
      channel_(std::move(channel)),
      wakeup_(std::move(wakeup)),
      clock_(clock) {}

Worker::~Worker() {
  for (auto& [id, call] : active_) call->cancel();
}

Result<void> Worker::run() {
  TRY(channel_.send(wire::FrameType::hello, 0, wire::to_json(hello_).dump()));
  os::Poller poller;
  poller.watch(wakeup_.descriptor(), os::Interest::read);
  while (true) {
    auto messages = outbox_.with([](auto& outbox) { return std::exchange(outbox, {}); });
    for (auto& message : messages) TRY(message(channel_));
    if (!channel_.flush()) return {};
    poller.watch(channel_.descriptor(),
                 channel_.has_unsent() ? os::Interest::read_write : os::Interest::read);
    for (auto const& ready : TRY(poller.wait(std::nullopt))) {
      if (ready.descriptor == wakeup_.descriptor()) {
        wakeup_.clear();
      } else if (ready.readable || ready.closed) {
        auto received = channel_.receive();
        if (!received && received.error().code() == Code::unavailable) return {};
        for (auto& frame : TRY(std::move(received))) TRY(handle(std::move(frame)));
      }
    }
  }
}

Result<void> Worker::handle(wire::Received received) {
  using Type = wire::FrameType;
  auto const call = received.frame.call;
  switch (received.frame.type) {
    case Type::hello: {
      auto const host = TRY(wire::hello_from(TRY(payload(received.frame))));
      if (host.protocol == wire::kProtocolVersion) return {};
      return Error(Code::unsupported, "the host speaks wire protocol " + std::to_string(host.protocol) +
                                          ", this worker " + std::to_string(wire::kProtocolVersion));
    }
    case Type::probe: start_probe(std::move(received)); return {};
    case Type::load: start_load(std::move(received)); return {};
    case Type::unload: return unload(call);
    case Type::cores: return set_cores(received.frame);
    case Type::call: return start_call(std::move(received));
    case Type::cancel: cancel(call); return {};
    case Type::credit:
      if (auto const found = active_.find(call); found != active_.end()) {
        found->second->add_credit(TRY(payload(received.frame))["chunks"].as_integer());
      }
      return {};
    case Type::buffer: return buffers_.add(std::move(received));
    case Type::ping: return channel_.send(Type::ping, call);
    default: return {};
  }
}

void Worker::post(Message message) {
  auto const waiting = outbox_.with([&](auto& outbox) {
    outbox.push_back(std::move(message));
    return outbox.size();
  });
  if (waiting == 1) wakeup_.signal();  // else it was woken for what waits already
}

void Worker::finish(std::uint64_t call, Result<Message> result) {
  post([this, call, result = std::move(result)](wire::Channel& channel) -> Result<void> {
    if (!active_.contains(call)) return {};
    return end(call, result ? (*result)(channel) : Result<void>(result.error()));
  });
}

// The main thread. What could not be sent as it was meant is told as an error.
Result<void> Worker::end(std::uint64_t call, Result<void> sent) {
  if (active_.erase(call) == 0 || sent) return {};
  return channel_.send(wire::FrameType::error, call, wire::to_json(sent.error()).dump());
}

void Worker::cancel(std::uint64_t call) {
  if (auto const found = active_.find(call); found != active_.end()) found->second->cancel();
}

namespace {

// The file or folder of a LOAD or PROBE frame. The descriptor stays the frame's.
Result<ModelFile> model_file(wire::Received const& received) {
  auto request = TRY(wire::load_request_from(TRY(payload(received.frame))));
  ModelFile file;
  file.name = std::move(request.name);
  file.descriptor = received.descriptor.get();
  file.folder = std::move(request.folder);
  file.parts = std::move(request.parts);
  file.options = std::move(request.options);
  file.memory_bytes = request.memory;
  return file;
}

std::function<Result<void>(wire::Channel&)> load_reply(std::uint64_t call, Json metadata,
                                                       Memory const& memory) {
  return [call, text = wire::to_json(wire::LoadReply{std::move(metadata), report(memory)}).dump()](
             wire::Channel& channel) { return channel.send(wire::FrameType::result, call, text); };
}

}  // namespace

void Worker::start_probe(wire::Received received) {
  auto const call = received.frame.call;
  active_[call] = std::make_shared<ActiveCall>(*this, call);
  threads_.run([this, call, received = std::make_shared<wire::Received>(std::move(received))] {
    auto probed = without_exceptions<Probe>(
        [&]() -> Result<Probe> { return engine_.probe(TRY(model_file(*received))); });
    finish(call, probed ? Result<Message>(load_reply(call, std::move(probed->metadata), probed->memory))
                        : Result<Message>(std::move(probed).error()));
  });
}

void Worker::start_load(wire::Received received) {
  auto const call = received.frame.call;
  auto const active = active_[call] = std::make_shared<ActiveCall>(*this, call);
  threads_.run([this, call, active, received = std::make_shared<wire::Received>(std::move(received))] {
    auto const loaded = without_exceptions<void>(
        [&]() -> Result<void> { return load(call, TRY(model_file(*received)), *active); });
    if (!loaded) return finish(call, loaded.error());
    auto const model = find_model(call);
    auto const memory = model->model->memory();
    model->reported.with([&](Memory& reported) { reported = memory; });
    finish(call, load_reply(call, {}, memory));
  });
}

Result<void> Worker::load(std::uint64_t number, ModelFile const& file, ActiveCall& active) {
  if (auto const model = find_model(number)) return model->model->grow(file.options);
  auto loaded = TRY(engine_.load(file, [&](double done) {
    active.progress(done, 1, "load");
    return !active.cancelled();
  }));
  auto const model = std::make_shared<LoadedModel>(std::move(loaded));
  models_.with([&](auto& models) { models[number] = model; });
  model->model->set_cores(cores_);  // after it can be found, so that no lease is missed
  return {};
}

std::shared_ptr<Worker::LoadedModel> Worker::find_model(std::uint64_t number) {
  return models_.with([&](auto const& models) -> std::shared_ptr<LoadedModel> {
    auto const found = models.find(number);
    return found == models.end() ? nullptr : found->second;
  });
}

void Worker::report_memory(std::uint64_t number, LoadedModel& model) {
  auto const memory = model.model->memory();
  bool const changed =
      model.reported.with([&](Memory& reported) { return std::exchange(reported, memory) != memory; });
  if (!changed) return;
  post([number, memory](wire::Channel& channel) {
    return channel.send(wire::FrameType::stats, number, wire::to_json(wire::Stats{report(memory)}).dump());
  });
}

Result<void> Worker::unload(std::uint64_t model) {
  models_.with([&](auto& models) { models.erase(model); });
  return channel_.send(wire::FrameType::unload, model);
}

Result<void> Worker::set_cores(wire::Frame const& frame) {
  cores_ = TRY(wire::cores_lease_from(TRY(payload(frame)))).cores;
  auto obey = [this, call = frame.call, answer = frame.payload] {
    auto const models = models_.with([](auto const& all) { return all; });
    // The newest lease, also where an older one is being answered.
    for (auto const& [id, model] : models) model->model->set_cores(cores_);
    post([call, answer](wire::Channel& channel) {
      return channel.send(wire::FrameType::cores, call, answer);
    });
  };
  // A busy model may finish what it computes first, and meanwhile calls can be cancelled; an idle one obeys
  // before the next call is read.
  if (active_.empty()) {
    obey();
  } else {
    threads_.run(std::move(obey));
  }
  return {};
}

Result<void> Worker::start_call(wire::Received received) {
  auto const id = received.frame.call;
  auto request = TRY(wire::call_request_from(TRY(payload(received.frame))));
  auto inputs = TRY(buffers_.take_value(id, request.inputs));
  auto const model = find_model(request.model);
  auto const active = active_[id] =
      std::make_shared<ActiveCall>(*this, id, request.time_left, value::blobs_of(inputs));
  if (!model) {
    finish(id, Error(Code::internal,
                     "a call for model " + std::to_string(request.model) + ", which is not loaded"));
    return {};
  }
  threads_.run([this, id, active, model, number = request.model,
                call = Call{std::move(request.operation), std::move(inputs), request.length}]() mutable {
    auto reply = without_exceptions<Reply>([&] { return model->model->call(call, *active); });
    report_memory(number, *model);
    auto blobs = value::blobs_of(call.inputs);  // an answer that has some of them in it refers to them
    call = {};
    // To the engine the end of its time is a cancel like any other.
    bool const late = !reply && reply.error().code() == Code::cancelled && active->is_late();
    if (late) return finish(id, Error(Code::deadline_exceeded, "the call's deadline is over"));
    if (!reply) return finish(id, std::move(reply).error());
    auto const usage = os::own_usage();
    finish(
        id, Message([id, reply = std::move(*reply), blobs = std::move(blobs),
                     usage](wire::Channel& channel) -> Result<void> {
          wire::CallReply message;
          message.outputs = TRY(wire::send_blobs(channel, id, reply.outputs, wire::Hashes::left_out, blobs));
          message.evidence = reply.evidence;
          message.cpu_seconds = usage.cpu_seconds;
          message.peak_bytes = usage.peak_rss_bytes;
          return channel.send(wire::FrameType::result, id, TRY(wire::text_for_host(wire::to_json(message))));
        }));
  });
  return {};
}

}  // namespace shoal::engine
