// Which worker runs which job with how many cores, and which models are resident: a pure state machine. It
// knows no clock, process, file or random source; the host (host.h) feeds it events and carries out what it
// answers, the simulation feeds it seeds. Owned and called by one thread. Its parts are classes of their own:
// JobQueue (who comes first), MemoryLedger and victims.h (who holds which bytes, who goes), CoreLeases,
// Restarts.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "host/core_leases.h"
#include "host/decision_log.h"
#include "host/event.h"
#include "host/job_queue.h"
#include "host/memory_ledger.h"
#include "host/restarts.h"
#include "host/victims.h"

namespace shoal::host {

class Scheduler {
 public:
  struct Options {
    std::map<std::string, EngineTraits> engines;
    Resources machine;
    std::size_t jobs = 10'000;                       // that have not ended; more are `busy`
    Duration keep_alive = std::chrono::minutes(10);  // of a resident that nobody uses
  };
  explicit Scheduler(Options options);

  // `now` may stand still and jump ahead; one that is earlier than the last counts as the last.
  std::vector<Action> on(Event const& event, MonotonicTime now);
  // When it wants a Tick, if ever.
  std::optional<MonotonicTime> next_tick() const;
  // With keys for the names of models, and without what only the host knows.
  Snapshot snapshot(MonotonicTime now) const;
  // Bytes of RAM that a worker's models were granted.
  std::uint64_t promised_to(WorkerId worker) const;

 private:
  enum class JobState { queued, running, cancelled };  // cancelled: its worker has not answered yet
  struct Job {
    JobRequest request;
    MonotonicTime rank;
    JobState state = JobState::queued;
    WorkerId worker = 0;
    MonotonicTime arrived, sent;
    std::optional<MonotonicTime> lacks_cores;  // since when, first in its line
    int deaths = 0;
    bool stalled = false;                  // it computes nothing until somebody reads its stream
    bool released = false;                 // and never will again
    std::optional<MonotonicTime> kill_at;  // its worker, if it does not end after it was cancelled
  };
  enum class ModelState { probing, waiting, loading, loaded, unloading };  // waiting: for memory
  struct Model {
    ModelState state = ModelState::waiting;
    bool draining = false;  // gets no jobs more, as others wait for its memory
    bool leaving = false;   // the same, as somebody asked for its end
    int running = 0;
    std::int64_t length = 0;  // that it was loaded with; wanted: that it is being loaded with
    std::int64_t wanted = 0;
    bool grows = false;   // it is resident, while it is looked at or loaded
    MonotonicTime since;  // the state
    MonotonicTime last_used;
    std::string reason;  // why it was loaded
  };
  struct Worker {
    std::string engine;
    std::string slot;  // see slot_of
    bool ready = false;
    bool stopping = false;
    MonotonicTime idle_since;
    std::map<std::string, Model> models;
    std::set<JobId> running;

    bool is_loading() const;
  };
  struct Need {
    MemoryByDevice memory;
    bool measured = false;  // by a worker that has loaded it; false: estimated
  };
  // What is known of a model, resident or not.
  struct Facts {
    std::map<std::int64_t, Need> needs;  // by length
    Duration load_time = std::chrono::milliseconds(500);
    int load_deaths = 0;  // of workers that were loading it
    bool pinned = false;
    double uses = 0;  // as of used_at
    MonotonicTime used_at;
  };

  // scheduler.cpp: what happens to jobs and workers.
  void handle(JobArrived const&);
  void handle(JobCancelled const&);
  void handle(JobEnded const&);
  void handle(JobStalled const&);
  void handle(WorkerReady const&);
  void handle(WorkerDied const&);
  void handle(ModelProbed const&);
  void handle(ModelLoaded const&);
  void handle(ModelMeasured const&);
  void handle(LoadFailed const&);
  void handle(ModelUnloaded const&);
  void handle(CoresReturned const&);
  void handle(MemoryReported const&);
  void handle(PressureReported const&);
  void handle(PinChanged const&);
  void handle(UnloadRequested const&);
  void handle(Tick const&);

  // One worker serves a slot: an engine's, or a model's where a worker hosts one.
  std::string slot_of(LineKey const& line) const;
  static LineKey line_of(Job const& job) { return {job.request.engine, job.request.model}; }
  void job_lost(Job& job, Worker const& worker, WorkerDied const& death);
  void load_lost(Worker const& worker, std::string const& model, WorkerDied const& death);
  void take_off(Job& job);  // its worker
  void enqueue(Job& job);
  void fail(JobId job, Error error);
  // Jobs that need so much of the model at least.
  void fail_line(LineKey const& line, Error const& error, std::int64_t length = 0);
  void fail_slot(std::string const& slot, Error const& error);
  Duration retry_after() const;

  void schedule();
  // Brings the first job of a line a step further (start a worker, load, lease, send); true when it was sent.
  bool advance(LineKey const& line);
  bool is_suspect(LineKey const& line) const;
  bool may_join(Job const& job, Worker const& worker) const;
  bool may_load(LineKey const& line, Worker const& worker) const;
  void start_worker(LineKey const& line);
  void send(JobId id, WorkerId worker);
  Waits waits_of(Job const& job, Model const& model) const;
  CoreLeases::Demand demand_of(Worker const& worker, JobRequest const* further) const;
  // Its jobs that compute.
  std::size_t at_work(Worker const& worker) const;
  // Ends the waiting of jobs that others wait for: who reads their streams may be among these.
  void release_stalled();
  void add_core_changes();
  bool waits_for_cores(LineKey const& line) const;
  EngineTraits const& traits(std::string const& engine) const { return options_.engines.at(engine); }
  Worker* worker_of_slot(std::string const& slot, WorkerId& id);
  Worker const* worker_of_slot(std::string const& slot, WorkerId& id) const;
  void expire_deadlines();
  void kill_overdue();
  void wake_at(MonotonicTime time);

  // residency.cpp: who is resident.
  void begin_residency(LineKey const& line, Worker& worker);
  // Looks at, loads or grows the model as the line's first job needs it. True where that job was failed.
  bool load(LineKey const& line, WorkerId id, Worker& worker);
  void begin_load(LineKey const& line, WorkerId id, Model& model, MemoryByDevice const& need);
  bool make_room(LineKey const& line, Need const& need, MemoryLedger::Holder const& holder);
  // Whether the job may hold what it takes besides its model. Else it waits, for other such jobs or for what
  // is evicted for it; or it was failed, as that never fits.
  bool has_room_to_run(LineKey const& line, JobId id, WorkerId worker);
  // An estimate does not fit, but may be wrong, and trying hurts nobody.
  bool may_be_tried(Need const& need) const;
  bool evict_idle(LineKey const& line, MemoryLedger::Account account, Bytes const& missing);
  bool is_hopeless(MemoryByDevice const& need, MemoryLedger::Holder const& holder) const;
  // Residents without work whose end would help the account.
  std::vector<Candidate> candidates(MemoryLedger::Account account);
  // Those that others may ask to end now, although there is work for them.
  std::vector<Candidate> drainable(MemoryLedger::Account account, MonotonicTime asked,
                                   MemoryLedger::Holder const& asks);
  Candidate candidate(WorkerId id, std::string const& model, MemoryLedger::Account account) const;
  Bytes leaving(MemoryLedger::Account account) const;
  bool has_work(Worker const& worker, std::string const& model) const;
  bool all_idle(Worker const& worker) const;
  bool waits_to_grow(Worker const& worker, std::string const& model) const;
  void evict(WorkerId id, std::string const& model, std::string const& reason);
  void relieve();
  void retire_idle();
  void use(LineKey const& line);
  void note(Decision::Kind kind, LineKey const& line, std::string reason);
  Resident resident_of(WorkerId id, Worker const& worker, std::string const& model) const;

  Options options_;
  MonotonicTime now_{};
  JobQueue queue_;
  CoreLeases leases_;
  MemoryLedger ledger_;
  Restarts restarts_;
  DecisionLog decisions_;
  std::map<JobId, Job> jobs_;
  std::size_t cancelled_jobs_ = 0;  // of them, those that wait for their worker only
  std::set<std::pair<MonotonicTime, JobId>> deadlines_;
  std::map<WorkerId, Worker> workers_;
  std::map<LineKey, Facts> facts_;
  std::map<LineKey, MonotonicTime> hungry_;  // lines that wait for memory, since when
  std::set<WorkerId> blocked_;               // in this pass: kept free for one that must be alone
  bool memory_is_claimed_ = false;           // in this pass: by a line that has waited too long
  bool room_is_awaited_ = false;             // in this pass: for what a job takes besides its model
  MonotonicTime squeezed_;                   // when memory was short last
  double mean_run_seconds_ = 1;
  std::optional<MonotonicTime> wake_;
  WorkerId next_worker_ = 1;
  std::vector<Action> actions_;
};

}  // namespace shoal::host
