// The host of workers: takes jobs, runs them on engines in sandboxed worker processes, and sees to it that a
// worker which crashes, hangs or lies hurts nobody else. Everything it decides is decided by the scheduler;
// one thread of its own carries it out.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "host/manifest.h"
#include "host/memory_watch.h"
#include "host/scheduler.h"
#include "host/snapshot.h"
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
  std::optional<Duration> retry_after;  // with `busy`: when there may be room
  Duration waited{};                    // from submit to its worker
  Waits waits;                          // for what, of that time
  Duration ran{};
  WorkerId worker = 0;  // 0: none had it
  int cores = 0;        // the most that the worker had meanwhile
};

struct JobSpec {
  std::string engine;
  std::string operation;
  std::optional<ModelSpec> model;  // where the engine's manifest says so
  value::Value inputs;             // a record, bound to the operation's ports
  JobClass job_class = JobClass::normal;
  std::uint64_t memory = 0;               // bytes that it takes while it runs, besides its model
  std::optional<MonotonicTime> deadline;  // deadline_exceeded after it, whether it waits or runs

  // The worker sends kPartsAhead parts and then as many as give_credit() lets it; otherwise as fast as they
  // are taken here. Where others wait for what it holds, it goes on without being let.
  bool paced = false;

  // Called by the host's thread: be quick, never call the host from them but submit, cancel and give_credit.
  // Each part once and in order, also where the job was given to another worker meanwhile.
  std::function<void(std::string port, value::Value part)> on_chunk;
  std::function<void(double done, double total, std::string what)> on_progress;
  std::function<void(JobReport)> on_done;  // exactly once
};

// That a worker sends before any of them is taken.
inline constexpr int kPartsAhead = 16;

// What workers and their queue may take.
struct Limits {
  // Of all workers together. Models are loaded as far as they fit; what no file backs is measured, and who
  // grows beyond it is ended.
  std::uint64_t memory_bytes = os::memory_total_bytes() / 4 * 3;
  // A load that tells of no progress for so long has failed.
  Duration load_patience = std::chrono::minutes(2);
  // Jobs that have not ended. More are `busy`.
  std::size_t jobs = 10'000;
  Duration keep_alive = std::chrono::minutes(10);  // of a model that nobody uses
  Heartbeat::Patience heartbeat = {};
  // What the machine can give now, and the share of time in which somebody waited for memory.
  std::function<std::uint64_t()> available_bytes = os::memory_available_bytes;
  std::function<double()> memory_pressure = [] { return os::memory_pressure().value_or(0); };
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
  // Any thread. Of a paced job: the worker may send so many parts more.
  void give_credit(JobId job, int parts);
  // Any thread but the host's; waits for the host's answer. unavailable: the host has ended.
  Result<Snapshot> snapshot();
  // Any thread. Of the models with this name: keeps them resident, or no longer; ends them as soon as nobody
  // uses them.
  void pin(std::string model, bool pinned);
  void unload(std::string model);

  std::vector<Manifest> const& engines() const { return options_.engines; }
  Manifest const* find_engine(std::string_view name) const;

 private:
  struct Job {
    JobSpec spec;
    std::string model;        // key; "" where the engine needs none
    std::int64_t length = 0;  // of the model, see JobRequest
    WorkerId worker = 0;
    MonotonicTime submitted, sent;
    Waits waits;
    int cores = 0;
    double cpu_seconds = 0;         // of workers that it lost
    std::int64_t credit = 0;        // parts that its worker may still send
    std::uint64_t parts = 0;        // that its worker has sent
    std::uint64_t parts_taken = 0;  // that on_chunk had, from this worker or from one before
  };

  // A model as jobs named it.
  struct KnownModel {
    ModelSpec spec;
    std::set<std::string> names;           // for people
    std::map<std::int64_t, Json> options;  // by length
  };

  Host(Options options, Clock const& clock, os::Wakeup wakeup);
  void run();    // the thread
  void serve();  // until it is told to end
  // False where nobody is left to do it; `command` has not been called then.
  bool post(std::function<void()> command);
  void carry_out_commands();
  void end_jobs();

  // All below: the host's thread.
  void accept(JobId id, JobSpec spec);
  Result<void> validate(JobSpec const& spec) const;
  void name_model(Job& job);
  ModelSpec spec_of(std::string const& key, std::int64_t length) const;
  // For people; the engine where it needs no model.
  std::string called(std::string const& key, WorkerProcess const& worker) const;
  void feed(Event event);
  void carry_out(Action& action);
  // Its jobs have what it has.
  void note_cores(WorkerProcess const& worker);
  void start_worker(StartWorker const& action);
  void probe(ProbeModel const& action);
  void load(LoadModel const& action);
  struct OpenModel {
    WorkerProcess& worker;
    ModelSpec spec;
    os::Descriptor file;
  };
  std::optional<OpenModel> open_model(WorkerId id, std::string const& key, std::int64_t length);
  void send(SendJob const& action);
  void finish(JobId id, JobReport report);

  Snapshot take_snapshot() const;
  void warn_of_missing_protection(std::vector<std::string> const& missing);
  // Processor time of a worker that no report had yet goes to what it ran, in equal parts.
  void charge(WorkerProcess& worker, double cpu_seconds);
  void charge_running(JobId id);

  std::optional<Duration> time_to_wait() const;
  void poll_once();
  void receive(WorkerId id);
  Result<void> handle_all(WorkerId id, WorkerProcess& worker);
  Result<void> handle(WorkerId id, WorkerProcess& worker, wire::Received received);
  Result<void> on_hello(WorkerId id, WorkerProcess& worker, wire::Frame const& frame);
  Result<void> on_stats(WorkerId id, WorkerProcess& worker, wire::Frame const& frame);
  Result<void> on_cores(WorkerId id, WorkerProcess& worker);
  void on_probed(WorkerId id, WorkerProcess& worker, wire::Frame const& frame);
  Result<void> on_unloaded(WorkerId id, WorkerProcess& worker, wire::Frame const& frame);
  Result<void> on_result(WorkerId id, WorkerProcess& worker, wire::Frame const& frame);
  Result<void> on_error(WorkerId id, WorkerProcess& worker, wire::Frame const& frame);
  Result<void> on_chunk(WorkerId id, WorkerProcess& worker, wire::Frame const& frame);
  Result<void> take_part(WorkerProcess& worker, JobId id, Job& job, wire::Chunk const& chunk);
  void add_credit(JobId id, int parts);
  bool computes(WorkerProcess const& worker) const;
  Result<Job*> job_of(WorkerProcess const& worker, wire::Frame const& frame);
  void flush(WorkerProcess& worker);
  void reap(WorkerId id);
  void kill(WorkerProcess& worker, std::string reason);
  void look_after_workers();
  void look_after(WorkerId id, WorkerProcess& worker, MonotonicTime now);
  // Ends the worker that grows, where all together take too much.
  void watch_memory(MonotonicTime now);
  void report_pressure();
  std::vector<std::string> keys_of(std::string const& model) const;
  // For a model that is to be loaded.
  std::uint64_t memory_to_give() const;
  void give_up_load(WorkerId id, WorkerProcess& worker, std::string const& key);

  Options options_;
  Clock const& clock_;
  os::Wakeup wakeup_;
  os::Poller poller_;
  Scheduler scheduler_;
  std::map<JobId, Job> jobs_;
  std::map<std::string, KnownModel> models_;  // by key
  std::map<WorkerId, std::unique_ptr<WorkerProcess>> workers_;
  std::vector<Event> events_;              // that came up while actions were carried out
  std::atomic<std::uint64_t> next_id_{1};  // of jobs and of loads: they share the wire's call numbers
  struct Inbox {
    std::vector<std::function<void()>> commands;
    bool closed = false;
  };
  Guarded<Inbox> inbox_;
  std::deque<std::function<void()>> commands_;  // taken from the inbox, not carried out yet
  MemoryWatch memory_watch_;
  MonotonicTime memory_watched_, pressure_reported_;
  std::set<std::string> unprotected_;  // what sandboxes lack, as it was told to the user
  bool ending_ = false;
  // What its jobs hear at its end.
  Error end_ = Error(Code::cancelled, "the host is ending");
  std::thread thread_;
};

}  // namespace shoal::host
