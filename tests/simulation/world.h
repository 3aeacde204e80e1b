// A world that the scheduler lives in, played from a seed: jobs arrive in floods, workers die at any moment,
// loads fail, estimates are wrong, clocks jump, jobs are cancelled in every state, memory gets short. After
// each event it looks whether the invariants of docs/design/host.md hold.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "host/scheduler.h"

namespace shoal::host {

class World {
 public:
  explicit World(std::uint64_t seed);

  // Plays these steps of the seed's schedule, each of which does the same whichever others are played. What
  // was broken, with the last events; nothing: all held.
  std::optional<std::string> run(std::vector<int> const& steps);

 private:
  struct SimulatedModel {
    bool loading = false, loaded = false, probing = false, unloading = false;
    std::int64_t length = 0, wanted = 0;  // that it was loaded with, and that it is to get
    std::uint64_t believed = 0;           // by the ledger
  };
  struct SimulatedWorker {
    std::string engine;
    bool ready = false;
    int cores = 0;         // told
    int working_with = 0;  // obeyed
    std::deque<int> told;  // SetCores not answered yet, in order
    std::map<std::string, SimulatedModel> models;
    std::set<JobId> running;
    std::string stopped;  // why it is to end
  };
  enum class JobEnd { none, done, failed, cancelled };
  struct SimulatedJob {
    JobRequest request;
    JobEnd end = JobEnd::none;
    bool writes_begun = false;
    bool stalled = false;  // it waits for who reads its stream
    bool went_on = false;  // after that, and perhaps before its worker had a core again
    bool released = false;
  };

  int pick(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }
  bool holds(bool condition, std::string const& what);
  void feed(Event const& event, std::string const& words);

  void obey(StartWorker const&);
  void obey(ProbeModel const&);
  void obey(LoadModel const&);
  void obey(UnloadModel const&);
  void obey(SetCores const&);
  void obey(SendJob const&);
  void obey(CancelJob const&);
  void obey(StopWorker const&);
  void obey(FailJob const&);
  void obey(ReleaseJob const&);
  void check();
  // That compute, and were never stalled.
  std::size_t steady_jobs(SimulatedWorker const& worker) const;
  int most_cores(SimulatedWorker const& worker) const;
  std::uint64_t granted(bool helpers) const;
  std::uint64_t taken_by_jobs() const;

  void do_something();
  void arrive(int count);
  void answer();
  void answer(WorkerId id, SimulatedWorker& worker);
  void answer(WorkerId id, SimulatedWorker& worker, std::string const& key, SimulatedModel& model);
  std::uint64_t& known(SimulatedWorker const& worker, std::string const& key, std::int64_t length);
  void end_a_job();
  void stall_a_job();
  // Whether a job that is open may be the one that a stalled one waits for: then all but that can end first.
  bool reader_waits(JobId stalled) const;
  void cancel_a_job();
  void die(WorkerId id);
  void kill_a_worker();
  void press();
  void tick_if_due();
  void settle();

  void begin_step(int step) { random_.seed(seed_ * 1'000'003 + static_cast<std::uint64_t>(step)); }

  std::uint64_t const seed_;
  std::mt19937_64 random_;
  MonotonicTime now_{};
  Scheduler scheduler_;
  std::map<WorkerId, SimulatedWorker> workers_;
  std::map<JobId, SimulatedJob> jobs_;
  JobId next_job_ = 1;
  std::map<std::string, std::uint64_t> known_;  // what models were said to need, see known()
  bool calm_ = false;                           // nothing goes wrong any more
  std::deque<std::string> trace_;
  std::optional<std::string> broken_;
};

// Of a schedule of so many steps that breaks something: as few of them as are found to break something still.
std::vector<int> shrink(std::uint64_t seed, int steps);

}  // namespace shoal::host
