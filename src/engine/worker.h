// A worker's side of the wire protocol: one thread (the owner's, in run()) talks to the host, loads and calls
// run on others and leave what they have to say in an outbox.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/time.h"
#include "engine/engine.h"
#include "engine/threads.h"
#include "os/poller.h"
#include "wire/channel.h"
#include "wire/message.h"
#include "wire/value_codec.h"

namespace shoal::engine {

class Worker {
 public:
  Worker(Engine& engine, wire::Hello hello, wire::Channel channel, os::Wakeup wakeup, Clock const& clock);
  Worker(Worker const&) = delete;
  Worker& operator=(Worker const&) = delete;
  ~Worker();

  // Serves until the host is gone. An error is a broken protocol.
  Result<void> run();

 private:
  using Message = std::function<Result<void>(wire::Channel&)>;
  class ActiveCall;
  struct LoadedModel {
    explicit LoadedModel(std::unique_ptr<Model> loaded) : model(std::move(loaded)) {}
    std::unique_ptr<Model> model;
    Guarded<Memory> reported;  // what the host heard last
  };

  Result<void> handle(wire::Received received);
  void start_probe(wire::Received received);
  void start_load(wire::Received received);
  Result<void> load(std::uint64_t number, ModelFile const& file, ActiveCall& active);
  Result<void> start_call(wire::Received received);
  Result<void> set_cores(wire::Frame const& frame);
  Result<void> unload(std::uint64_t model);
  void cancel(std::uint64_t call);

  // Any thread.
  std::shared_ptr<LoadedModel> find_model(std::uint64_t number);  // null: it has none of this number
  void report_memory(std::uint64_t number, LoadedModel& model);
  void post(Message message);
  // Ends the call: its result or its error is the last that the host hears of it. The first one counts.
  void finish(std::uint64_t call, Result<Message> result);
  Result<void> end(std::uint64_t call, Result<void> sent);

  Engine& engine_;
  wire::Hello hello_;
  wire::Channel channel_;
  os::Wakeup wakeup_;
  Clock const& clock_;
  wire::BufferInbox buffers_{wire::BufferInbox::Peer::trusted};
  std::atomic<int> cores_{1};  // leased now
  // Shared with the thread that runs the call, which may outlive the entry.
  std::map<std::uint64_t, std::shared_ptr<ActiveCall>> active_;
  // Loads put them in from their threads; a call keeps its model alive across an UNLOAD.
  Guarded<std::map<std::uint64_t, std::shared_ptr<LoadedModel>>> models_;
  Guarded<std::vector<Message>> outbox_;
  Threads threads_;
};

}  // namespace shoal::engine
