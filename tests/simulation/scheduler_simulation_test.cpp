// The scheduler in simulated time, from seeds: jobs arrive in floods, workers die at any moment, loads fail,
// jobs are cancelled, answers are late. Whatever happens, the invariants below hold.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <random>
#include <set>

#include "host/scheduler.h"

namespace shoal::host {
namespace {

constexpr int kCores = 4;

// The world as the scheduler's actions made it: what the host would see.
class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {}

  void run(int steps) {
    for (int step = 0; step < steps; ++step) {
      now_ += std::chrono::milliseconds(pick(0, 40));
      do_something();
      tick_if_due();
    }
    settle();
  }

 private:
  struct SimulatedWorker {
    std::string engine;
    bool ready = false;
    int cores = 0;         // told
    int working_with = 0;  // obeyed
    std::deque<int> told;  // SetCores not answered yet, in order

    // What it may be using: the last that it obeyed, or any that it was told since.
    int most_cores() const {
      if (running.empty()) return 0;
      return std::max(working_with, told.empty() ? 0 : *std::max_element(told.begin(), told.end()));
    }
    std::set<std::string> loading, loaded;
    std::set<JobId> running;
  };
  enum class JobEnd { none, done, failed, cancelled };

  int pick(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }

  void feed(Event event) {
    for (auto const& action : scheduler_.on(event, now_))
      std::visit([&](auto const& each) { obey(each); }, action);
    check();
  }

  void obey(StartWorker const& start) {
    ASSERT_FALSE(workers_.contains(start.worker));
    workers_[start.worker].engine = start.engine;
  }
  void obey(LoadModel const& load) {
    auto& worker = workers_.at(load.worker);
    ASSERT_TRUE(worker.ready);
    ASSERT_FALSE(worker.loaded.contains(load.model)) << "loaded twice";
    ASSERT_TRUE(worker.loading.insert(load.model).second) << "loaded twice at once";
  }
  void obey(SetCores const& set) {
    auto& worker = workers_.at(set.worker);
    worker.cores = set.cores;
    worker.told.push_back(set.cores);
  }
  void obey(SendJob const& send) {
    auto& worker = workers_.at(send.worker);
    ASSERT_TRUE(worker.ready);
    ASSERT_EQ(ended_.at(send.job), JobEnd::none) << "a job that ended was sent";
    ASSERT_TRUE(worker.loaded.contains(models_.at(send.job))) << "sent before its model was there";
    ASSERT_GE(worker.cores, 1) << "sent to a worker without cores";
    for (auto const& [id, other] : workers_) ASSERT_FALSE(other.running.contains(send.job)) << "runs twice";
    if (worker.running.empty()) {
      // Frames come in order: all that it was told before this job holds when the job begins.
      worker.working_with = worker.cores;
      std::fill(worker.told.begin(), worker.told.end(), worker.cores);
    }
    worker.running.insert(send.job);
    if (worker.engine == "many") {
      ASSERT_LE(worker.running.size(), static_cast<std::size_t>(worker.cores));
    }
  }
  void obey(CancelJob const& cancel) {
    ASSERT_TRUE(workers_.at(cancel.worker).running.contains(cancel.job));
    ASSERT_EQ(ended_.at(cancel.job), JobEnd::cancelled);
  }
  void obey(StopWorker const& stop) { dying_.insert(stop.worker); }
  void obey(FailJob const& fail) {
    ASSERT_EQ(ended_.at(fail.job), JobEnd::none) << "ended twice";
    ended_[fail.job] = JobEnd::failed;
  }

  void check() {
    int cores = 0;
    for (auto const& [id, worker] : workers_) {
      ASSERT_GE(worker.cores, 0);
      if (!worker.running.empty()) {
        ASSERT_GE(worker.cores, 1) << "a busy worker lost its last core";
      }
      cores += worker.most_cores();
    }
    ASSERT_LE(cores, kCores) << "more cores at work than there are";
  }

  void do_something() {
    switch (pick(0, 9)) {
      case 0:
      case 1:
      case 2: arrive(pick(0, 30) == 0 ? 50 : 1); return;
      case 3:
      case 4: end_a_job(); return;
      case 5: cancel_a_job(); return;
      case 6:
        if (pick(0, 4) == 0) kill_a_worker();
        return;
      default: answer(); return;
    }
  }

  void arrive(int count) {
    for (int i = 0; i < count; ++i) {
      JobRequest request;
      request.id = next_job_++;
      request.engine =
          std::vector<std::string>{"one", "many", "shared"}[static_cast<std::size_t>(pick(0, 2))];
      request.model = request.engine == "many" ? "" : std::string(1, static_cast<char>('a' + pick(0, 2)));
      request.cores = pick(0, 2);
      request.job_class = static_cast<JobClass>(pick(0, 2));
      request.repeatable = pick(0, 3) != 0;
      ended_[request.id] = JobEnd::none;
      models_[request.id] = request.model;
      feed(JobArrived{request});
    }
  }

  // One thing that a worker owes: a hello, a load, an answer to SetCores.
  void answer() {
    if (workers_.empty()) return;
    auto worker = std::next(workers_.begin(), pick(0, static_cast<int>(workers_.size()) - 1));
    auto& state = worker->second;
    auto const id = worker->first;
    if (!state.ready) {
      state.ready = true;
      feed(WorkerReady{id});
    } else if (!state.told.empty()) {
      state.working_with = state.told.front();
      state.told.pop_front();
      feed(CoresReturned{id});
    } else if (!state.loading.empty()) {
      auto const model = *state.loading.begin();
      state.loading.erase(state.loading.begin());
      if (pick(0, 9) == 0) return feed(LoadFailed{id, model, Error(Code::engine_failed, "simulated")});
      state.loaded.insert(model);
      feed(ModelLoaded{id, model});
    }
  }

  void end_a_job() {
    for (auto& [id, worker] : workers_) {
      if (worker.running.empty() || pick(0, 1)) continue;
      auto const job = *worker.running.begin();
      worker.running.erase(worker.running.begin());
      if (ended_.at(job) == JobEnd::none) ended_[job] = JobEnd::done;
      return feed(JobEnded{job});
    }
  }

  void cancel_a_job() {
    auto const job = static_cast<JobId>(pick(1, static_cast<int>(next_job_)));
    if (!ended_.contains(job) || ended_.at(job) != JobEnd::none) return;
    ended_[job] = JobEnd::cancelled;
    feed(JobCancelled{job});
  }

  void kill_a_worker() {
    if (workers_.empty()) return;
    die(std::next(workers_.begin(), pick(0, static_cast<int>(workers_.size()) - 1))->first);
  }

  void die(WorkerId id) {
    workers_.erase(id);
    dying_.erase(id);
    feed(WorkerDied{id, "was killed"});
  }

  void tick_if_due() {
    if (auto const tick = scheduler_.next_tick(); tick && *tick <= now_) feed(Tick{});
    while (!dying_.empty()) die(*dying_.begin());
  }

  // Nothing new comes, everybody answers: every job must end.
  void settle() {
    for (int round = 0; round < 200'000; ++round) {
      bool const open = std::any_of(ended_.begin(), ended_.end(),
                                    [](auto const& entry) { return entry.second == JobEnd::none; });
      if (!open) return;
      now_ += std::chrono::milliseconds(5);
      tick_if_due();
      pick(0, 1) ? answer() : end_a_job();
    }
    FAIL() << "jobs were lost or starved: " << scheduler_.queued_jobs() << " are still queued";
  }

  std::mt19937_64 random_;
  MonotonicTime now_{};
  Scheduler scheduler_{{{"one", {1, true}}, {"many", {0, false}}, {"shared", {3, false}}}, kCores};
  std::map<WorkerId, SimulatedWorker> workers_;
  std::set<WorkerId> dying_;
  std::map<JobId, JobEnd> ended_;
  std::map<JobId, std::string> models_;
  JobId next_job_ = 1;
};

// SHOAL_SIMULATION_SEEDS: how many schedules, 1,000 by default.
TEST(SchedulerSimulation, EverySeedHoldsTheInvariants) {
  char const* given = std::getenv("SHOAL_SIMULATION_SEEDS");
  auto const seeds = given ? std::strtoull(given, nullptr, 10) : 1000;
  for (std::uint64_t seed = 1; seed <= seeds && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World(seed).run(300);
  }
}

}  // namespace
}  // namespace shoal::host
