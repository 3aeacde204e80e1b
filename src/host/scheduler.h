// Which worker runs which job with how many cores: a pure state machine. It knows no clock, process, file or
// random source; the host (host.h) feeds it events and carries out what it answers, the simulation feeds it
// seeds. Owned and called by one thread.
//
// Policy: one worker per model file (or per engine, where its workers host many models); first come first
// served within a class; the cores leased to all workers together never exceed the machine's. A worker
// that dies is started again with a growing pause; a job that was on two workers when they died is failed
// as poisonous.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace shoal::host {

using JobId = std::uint64_t;
using WorkerId = std::uint64_t;

// What matters of an engine to its scheduling.
struct EngineTraits {
  int calls = 1;  // a worker runs at once; 0: as many as it has cores
  bool one_model_per_worker = true;
};

enum class JobClass { interactive, normal, batch };

struct JobRequest {
  JobId id = 0;
  std::string engine;
  std::string model;  // a key; "" where the engine needs none
  int cores = 1;      // that it can use; 0: all
  JobClass job_class = JobClass::normal;
  bool repeatable = true;  // may run again when its worker died
};

// Events.
struct JobArrived {
  JobRequest request;
};
struct JobCancelled {
  JobId job;
};  // by its owner, who hears of it at once
struct JobEnded {
  JobId job;
};  // its worker gave a result or an error
struct WorkerReady {
  WorkerId worker;
};
struct WorkerDied {
  WorkerId worker;
  std::string reason;
  bool gave_up = false;  // for a job that it answered before: those beside it are not to blame
};
struct ModelLoaded {
  WorkerId worker;
  std::string model;
};
struct LoadFailed {
  WorkerId worker;
  std::string model;
  Error error;
};
struct CoresReturned {
  WorkerId worker;
};  // it obeyed one SetCores
struct Tick {};
using Event = std::variant<JobArrived, JobCancelled, JobEnded, WorkerReady, WorkerDied, ModelLoaded,
                           LoadFailed, CoresReturned, Tick>;

// Actions, to be carried out in order.
struct StartWorker {
  WorkerId worker;
  std::string engine;
  std::string model;
};
struct LoadModel {
  WorkerId worker;
  std::string model;
};
struct SetCores {
  WorkerId worker;
  int cores;
};  // answer with CoresReturned when it is obeyed
struct SendJob {
  JobId job;
  WorkerId worker;
};
struct CancelJob {
  JobId job;
  WorkerId worker;
};
struct StopWorker {
  WorkerId worker;
  std::string reason;
};  // kill; WorkerDied follows
struct FailJob {
  JobId job;
  Error error;
};
using Action = std::variant<StartWorker, LoadModel, SetCores, SendJob, CancelJob, StopWorker, FailJob>;

class Scheduler {
 public:
  Scheduler(std::map<std::string, EngineTraits> engines, int cores);

  std::vector<Action> on(Event const& event, MonotonicTime now);
  // When it wants a Tick, if ever.
  std::optional<MonotonicTime> next_tick() const;

  // For `shoal ps`, tests and the simulation.
  struct WorkerState {
    WorkerId id = 0;
    std::string engine;
    std::string model;  // of a worker with one
    bool ready = false;
    int cores = 0;  // leased, as far as they are not free yet
    std::size_t running = 0;
  };
  std::vector<WorkerState> workers() const;
  std::size_t queued_jobs() const;

 private:
  enum class JobState { queued, running, cancelled };  // cancelled: its worker has not answered yet
  struct Job {
    JobRequest request;
    JobState state = JobState::queued;
    WorkerId worker = 0;
    int deaths = 0;
    std::optional<MonotonicTime> kill_at;  // its worker, if it does not end after it was cancelled
  };
  enum class ModelState { loading, loaded };
  struct Worker {
    std::string engine;
    std::string slot;  // see slot_of
    bool ready = false;
    bool stopping = false;
    int cores = 0;       // told last
    int returning = 0;   // told to give back, not yet obeyed
    int unanswered = 0;  // SetCores without their CoresReturned
    std::map<std::string, ModelState> models;
    std::set<JobId> running;
  };
  // Jobs that wait for the same model of the same engine, in the order in which they are served.
  using Line = std::set<std::pair<JobClass, JobId>>;
  using LineKey = std::pair<std::string, std::string>;  // engine, model
  // What survives a worker: how often it died in a row.
  struct Slot {
    int deaths = 0;
    std::optional<MonotonicTime> not_before;
  };

  void handle(JobArrived const&, MonotonicTime);
  void handle(JobCancelled const&, MonotonicTime);
  void handle(JobEnded const&, MonotonicTime);
  void handle(WorkerReady const&, MonotonicTime);
  void handle(WorkerDied const&, MonotonicTime);
  void handle(ModelLoaded const&, MonotonicTime);
  void handle(LoadFailed const&, MonotonicTime);
  void handle(CoresReturned const&, MonotonicTime);
  void handle(Tick const&, MonotonicTime);

  // One worker serves a slot: an engine's, or a model's where a worker hosts one.
  std::string slot_of(std::string const& engine, std::string const& model) const;
  void job_lost(Job& job, Worker const& worker, WorkerDied const& death);
  void count_death(Worker const& worker, std::string const& reason, MonotonicTime now);
  void enqueue(Job& job);
  void unqueue(Job const& job);
  void schedule(MonotonicTime now);
  // Brings the first job of a line a step further (start a worker, load, lease, send); true when it was sent.
  bool advance(JobId first, MonotonicTime now);
  bool may_join(Job const& job, Worker const& worker) const;
  void start_worker(Job const& job, MonotonicTime now);
  // At least what one more job needs; tries for what it can use.
  bool lease_for(Worker& worker, WorkerId id, Job const& job);
  void take_cores(Worker& worker, WorkerId id, int wanted);
  enum class From { idle_workers, all_workers };
  void reclaim(int wanted, From from);
  void widen_leases();
  int wished_cores(Worker const& worker) const;
  int needed_cores(Worker const& worker) const;
  int free_cores() const;
  void fail(JobId job, Error error);
  void fail_lines(std::vector<LineKey> const& lines, Error const& error);
  bool waits_for_cores(LineKey const& line);
  EngineTraits const& traits(std::string const& engine) const;
  Worker* worker_of_slot(std::string const& slot, WorkerId& id);

  std::map<std::string, EngineTraits> engines_;
  int cores_;
  std::map<JobId, Job> jobs_;
  std::map<LineKey, Line> lines_;  // none is empty
  std::map<WorkerId, Worker> workers_;
  std::map<std::string, Slot> slots_;
  WorkerId next_worker_ = 1;
  std::vector<Action> actions_;
};

}  // namespace shoal::host
