// The host of workers: takes jobs, runs them on engines in sandboxed worker processes, and sees to it that a
// worker which crashes, hangs or lies hurts nobody else. Everything it decides is decided by the scheduler;
// one thread of its own carries it out.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "host/manifest.h"
#include "host/scheduler.h"
#include "host/worker_process.h"
#include "os/machine.h"
#include "os/poller.h"
#include "value/value.h"

namespace shoal::host {

// How a job ended.
struct JobReport {
  Result<value::Value> outputs = Error(Code::internal, "no report");  // a record by port
  Json evidence;
  double cpu_seconds = 0;        // of the worker since its last report: loading counts for the first job
  std::uint64_t peak_bytes = 0;  // resident, of the worker so far
  Duration waited{};             // from submit to its worker
  Duration ran{};
};

struct JobSpec {
  std::string engine;
  std::string operation;
  std::optional<ModelSpec> model;  // where the engine's manifest says so
  value::Value inputs;             // a record, bound to the operation's ports
  JobClass job_class = JobClass::normal;

  // Called by the host's thread: be quick, never call the host from them but submit and cancel.
  std::function<void(std::string port, value::Value part)> on_chunk;
  std::function<void(double done, double total, std::string what)> on_progress;
  std::function<void(JobReport)> on_done;  // exactly once
};

// What workers and their queue may take.
struct Limits {
  // Of all workers together, as far as no file backs it. Who takes most beyond it is ended.
  std::uint64_t memory_bytes = os::memory_total_bytes() / 4 * 3;
  // A load that tells of no progress for so long has failed.
  Duration load_patience = std::chrono::minutes(2);
  // Jobs that have not ended. More are `busy`.
  std::size_t jobs = 10'000;
  // What the machine can give now.
  std::function<std::uint64_t()> available_bytes = os::memory_available_bytes;
};

class Host {
 public:
  struct Options {
    std::vector<Manifest> engines;
    int cores = 1;
    Limits limits;
  };
  static Result<std::unique_ptr<Host>> start(Options options, Clock const& clock);
  Host(Host const&) = delete;
  Host& operator=(Host const&) = delete;
  // Cancels what runs and ends the workers.
  ~Host();

  // Any thread. A job for an unknown engine or operation ends with not_found.
  JobId submit(JobSpec spec);
  // Any thread. The job's on_done gets `cancelled` at once, if it has not ended.
  void cancel(JobId job);

  std::vector<Manifest> const& engines() const { return options_.engines; }
  Manifest const* find_engine(std::string_view name) const;

 private:
  struct Job {
    JobSpec spec;
    WorkerId worker = 0;
    MonotonicTime submitted, sent;
  };

  Host(Options options, Clock const& clock, os::Wakeup wakeup);
  void run();    // the thread
  void serve();  // until it is told to end
  void post(std::function<void()> command);

  // All below: the host's thread.
  void accept(JobId id, JobSpec spec);
  Result<void> validate(JobSpec const& spec) const;
  void feed(Event event);
  void carry_out(Action& action);
  void start_worker(StartWorker const& action);
  void load(LoadModel const& action);
  void send(SendJob const& action);
  void finish(JobId id, JobReport report);

  std::optional<Duration> time_to_wait() const;
  void poll_once();
  void receive(WorkerId id);
  Result<void> handle(WorkerId id, WorkerProcess& worker, wire::Received received);
  Result<void> on_result(WorkerId id, WorkerProcess& worker, wire::Frame const& frame);
  Result<void> on_error(WorkerId id, WorkerProcess& worker, wire::Frame const& frame);
  Result<void> on_chunk(WorkerId id, WorkerProcess& worker, wire::Frame const& frame);
  Result<Job*> job_of(WorkerId id, wire::Frame const& frame);
  void flush(WorkerProcess& worker);
  void reap(WorkerId id);
  void kill(WorkerProcess& worker, std::string reason);
  void look_after_workers();
  void look_after(WorkerId id, WorkerProcess& worker, MonotonicTime now);
  // Ends the worker that takes most, where all together take too much.
  void watch_memory(MonotonicTime now);
  // For a model that is to be loaded.
  std::uint64_t memory_to_give() const;
  void give_up_load(WorkerId id, WorkerProcess& worker, std::string const& key);

  Options options_;
  Clock const& clock_;
  os::Wakeup wakeup_;
  os::Poller poller_;
  Scheduler scheduler_;
  std::map<JobId, Job> jobs_;
  std::map<std::string, ModelSpec> models_;  // by key, as jobs named them
  std::map<WorkerId, std::unique_ptr<WorkerProcess>> workers_;
  std::vector<Event> events_;              // that came up while actions were carried out
  std::atomic<std::uint64_t> next_id_{1};  // of jobs and of loads: they share the wire's call numbers
  Guarded<std::vector<std::function<void()>>> inbox_;
  MonotonicTime memory_watched_;
  bool ending_ = false;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace shoal::host
