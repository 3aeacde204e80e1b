#include "host/scheduler.h"

#include <gtest/gtest.h>

namespace shoal::host {
namespace {

constexpr std::uint64_t kBudget = 1'000'000'000;
constexpr MonotonicTime kStart{};
MonotonicTime at(int milliseconds) { return kStart + std::chrono::milliseconds(milliseconds); }

template <typename T> std::vector<T> all(std::vector<Action> const& actions) {
  std::vector<T> found;
  for (auto const& action : actions) {
    if (auto const* each = std::get_if<T>(&action)) found.push_back(*each);
  }
  return found;
}

JobArrived job(JobId id, std::string engine, std::string model = {}, int cores = 1) {
  JobRequest request;
  request.id = id;
  request.engine = std::move(engine);
  request.model = std::move(model);
  request.cores = cores;
  return {request};
}

// A scheduler of two cores with an engine for each kind of traits.
class SchedulerTest : public testing::Test {
 protected:
  Scheduler scheduler{{{{"llama", {1, true}}, {"ocr", {0, false}}, {"echo", {16, false}}}, {2, {kBudget}}}};

  // The engine's worker, started, ready and with its model.
  WorkerId warm(std::string const& engine, std::string const& model, JobId first) {
    auto const started = all<StartWorker>(scheduler.on(job(first, engine, model), at(0)));
    EXPECT_EQ(started.size(), 1u);
    auto const worker = started.at(0).worker;
    EXPECT_EQ(all<LoadModel>(scheduler.on(WorkerReady{worker}, at(0))).size(), 1u);
    EXPECT_EQ(all<SendJob>(scheduler.on(ModelLoaded{worker, model}, at(0))).size(), 1u);
    return worker;
  }
};

TEST_F(SchedulerTest, FiftyFirstRequestsStartOneWorkerAndLoadOnce) {
  std::size_t started = 0, loaded = 0;
  for (JobId id = 1; id <= 50; ++id)
    started += all<StartWorker>(scheduler.on(job(id, "llama", "a"), at(0))).size();
  EXPECT_EQ(started, 1u);
  loaded += all<LoadModel>(scheduler.on(WorkerReady{1}, at(1))).size();
  loaded += all<LoadModel>(scheduler.on(job(51, "llama", "a"), at(2))).size();
  EXPECT_EQ(loaded, 1u);
  EXPECT_EQ(all<SendJob>(scheduler.on(ModelLoaded{1, "a"}, at(3))).size(), 1u);  // calls: 1
}

TEST_F(SchedulerTest, TwoModelFilesGetTwoWorkersAndSmallModelsShareOne) {
  scheduler.on(job(1, "llama", "a"), at(0));
  EXPECT_EQ(all<StartWorker>(scheduler.on(job(2, "llama", "b"), at(0))).size(), 1u);
  scheduler.on(job(3, "echo", "a"), at(0));
  EXPECT_EQ(all<StartWorker>(scheduler.on(job(4, "echo", "b"), at(0))).size(), 0u);
}

TEST_F(SchedulerTest, JobsOfAClassAreServedInOrderAndInteractiveOnesFirst) {
  auto const worker = warm("llama", "a", 1);
  auto batch = job(2, "llama", "a");
  batch.request.job_class = JobClass::batch;
  scheduler.on(batch, at(1));
  scheduler.on(job(3, "llama", "a"), at(1));
  auto interactive = job(4, "llama", "a");
  interactive.request.job_class = JobClass::interactive;
  scheduler.on(interactive, at(1));
  std::vector<JobId> served;
  for (JobId ended = 1, i = 0; i < 3; ++i) {
    auto const sent = all<SendJob>(scheduler.on(JobEnded{ended}, at(2)));
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].worker, worker);
    served.push_back(ended = sent[0].job);
  }
  EXPECT_EQ(served, (std::vector<JobId>{4, 3, 2}));
}

TEST_F(SchedulerTest, WhatAJobWaitedForIsSaid) {
  scheduler.on(job(1, "llama", "a", 2), at(0));
  scheduler.on(WorkerReady{1}, at(10));
  auto const loaded = all<SendJob>(scheduler.on(ModelLoaded{1, "a"}, at(30)));
  EXPECT_EQ(loaded.at(0).waits.load, at(30) - at(0));
  EXPECT_EQ(loaded.at(0).waits.cores, Duration::zero());

  scheduler.on(job(2, "llama", "a", 2), at(40));  // behind the first
  auto const second = all<SendJob>(scheduler.on(JobEnded{1}, at(50)));
  EXPECT_EQ(second.at(0).waits.load, Duration::zero());
  EXPECT_EQ(second.at(0).waits.cores, Duration::zero());

  scheduler.on(job(3, "echo"), at(60));
  scheduler.on(WorkerReady{2}, at(70));
  EXPECT_TRUE(all<SendJob>(scheduler.on(ModelLoaded{2, ""}, at(80))).empty());  // the other has all cores
  scheduler.on(CoresReturned{1}, at(85));
  auto const third = all<SendJob>(scheduler.on(CoresReturned{1}, at(95)));
  ASSERT_EQ(third.size(), 1u);
  EXPECT_EQ(third[0].waits.load, at(80) - at(60));
  EXPECT_EQ(third[0].waits.cores, at(95) - at(80));
}

TEST_F(SchedulerTest, AnEngineThatRunsACallPerCoreGetsAsManyAsThereAre) {
  auto const worker = warm("ocr", "", 1);
  auto actions = scheduler.on(job(2, "ocr"), at(1));
  EXPECT_EQ(all<SetCores>(actions).at(0).cores, 2);
  EXPECT_EQ(all<SendJob>(actions).size(), 1u);
  EXPECT_EQ(all<SendJob>(scheduler.on(job(3, "ocr"), at(1))).size(), 0u);
  EXPECT_EQ(all<SendJob>(scheduler.on(JobEnded{1}, at(2))).at(0).worker, worker);
}

TEST_F(SchedulerTest, ABusyWorkerGivesBackACoreAndOnlyThenItIsUsed) {
  scheduler.on(job(1, "llama", "a", 0), at(0));
  scheduler.on(WorkerReady{1}, at(0));
  auto actions = scheduler.on(ModelLoaded{1, "a"}, at(0));
  EXPECT_EQ(all<SetCores>(actions).back().cores, 2);  // it can use all, and nobody else wants any
  scheduler.on(CoresReturned{1}, at(0));

  auto const other = all<StartWorker>(scheduler.on(job(2, "llama", "b", 0), at(1))).at(0).worker;
  scheduler.on(WorkerReady{other}, at(1));
  actions = scheduler.on(ModelLoaded{other, "b"}, at(1));
  EXPECT_EQ(all<SetCores>(actions).at(0).worker, 1u);
  EXPECT_EQ(all<SetCores>(actions).at(0).cores, 1);
  EXPECT_TRUE(all<SendJob>(actions).empty());  // the core is not free before it is returned
  actions = scheduler.on(CoresReturned{1}, at(2));
  EXPECT_EQ(all<SetCores>(actions).at(0).worker, other);
  EXPECT_EQ(all<SendJob>(actions).at(0).job, 2u);
  // What the other leaves goes back to the one that still works.
  actions = scheduler.on(JobEnded{1}, at(3));
  actions = scheduler.on(Tick{}, at(4));
  EXPECT_LE(scheduler.snapshot(at(4)).cores_leased, 2);
}

TEST_F(SchedulerTest, AnIdleWorkersCoresAreTakenAtOnce) {
  warm("llama", "a", 1);
  scheduler.on(JobEnded{1}, at(1));
  auto const other = all<StartWorker>(scheduler.on(job(2, "llama", "b", 0), at(2))).at(0).worker;
  scheduler.on(WorkerReady{other}, at(2));
  EXPECT_EQ(all<SendJob>(scheduler.on(ModelLoaded{other, "b"}, at(2))).size(), 1u);
}

TEST_F(SchedulerTest, AJobThatCanUseAllCoresGetsThoseOfIdleWorkersToo) {
  warm("echo", "", 1);
  scheduler.on(JobEnded{1}, at(1));  // the idle worker still has its core
  auto const other = all<StartWorker>(scheduler.on(job(2, "llama", "b", 0), at(2))).at(0).worker;
  scheduler.on(WorkerReady{other}, at(2));
  auto const told = all<SetCores>(scheduler.on(ModelLoaded{other, "b"}, at(2)));
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back().worker, other);
  EXPECT_EQ(told.back().cores, 2);
}

TEST_F(SchedulerTest, AJobWhoseWorkerDiedRunsAgainAndIsPoisonousAfterTheSecondDeath) {
  auto const worker = warm("echo", "", 1);
  auto actions = scheduler.on(WorkerDied{worker, "was killed"}, at(10));
  EXPECT_TRUE(all<FailJob>(actions).empty());
  EXPECT_TRUE(all<StartWorker>(actions).empty());  // there is a pause
  ASSERT_TRUE(scheduler.next_tick());
  auto const again = all<StartWorker>(scheduler.on(Tick{}, *scheduler.next_tick())).at(0).worker;
  scheduler.on(WorkerReady{again}, at(200));
  EXPECT_EQ(all<SendJob>(scheduler.on(ModelLoaded{again, ""}, at(200))).at(0).job, 1u);
  auto const failed = all<FailJob>(scheduler.on(WorkerDied{again, "was killed by signal 6"}, at(300)));
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed[0].error.code(), Code::engine_failed);
  EXPECT_NE(failed[0].error.message().find("signal 6"), std::string::npos);
}

TEST_F(SchedulerTest, JobsWhoseWorkerDiedRunAloneSoThatOnlyTheGuiltyOneIsPoisonous) {
  auto worker = warm("echo", "", 1);
  ASSERT_EQ(all<SendJob>(scheduler.on(job(2, "echo"), at(1))).size(), 1u);
  scheduler.on(job(3, "llama", "m"), at(1));  // elsewhere
  EXPECT_TRUE(all<FailJob>(scheduler.on(WorkerDied{worker, "was killed by signal 6"}, at(10))).empty());
  auto const next = *scheduler.next_tick();
  worker = all<StartWorker>(scheduler.on(Tick{}, next)).at(0).worker;
  scheduler.on(WorkerReady{worker}, next);
  auto sent = all<SendJob>(scheduler.on(ModelLoaded{worker, ""}, next));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].job, 1u);
  EXPECT_TRUE(all<SendJob>(scheduler.on(job(4, "echo"), next)).empty());  // nobody joins a suspect
  sent = all<SendJob>(scheduler.on(JobEnded{1}, next));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].job, 2u);
  auto const failed = all<FailJob>(scheduler.on(WorkerDied{worker, "was killed by signal 6"}, next));
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed[0].job, 2u);
}

TEST_F(SchedulerTest, AJobBesideOneThatAWorkerGaveUpIsNotToBlame) {
  auto worker = warm("echo", "", 1);
  for (int death = 0; death < 2; ++death) {
    EXPECT_TRUE(
        all<FailJob>(scheduler.on(WorkerDied{worker, "ended with exit code 75", true}, at(10))).empty());
    auto const next = *scheduler.next_tick();
    worker = all<StartWorker>(scheduler.on(Tick{}, next)).at(0).worker;
    scheduler.on(WorkerReady{worker}, next);
    EXPECT_EQ(all<SendJob>(scheduler.on(ModelLoaded{worker, ""}, next)).at(0).job, 1u);
  }
}

TEST_F(SchedulerTest, AJobThatWritesIsNotRepeated) {
  auto request = job(1, "echo");
  request.request.repeatable = false;
  scheduler.on(request, at(0));
  scheduler.on(WorkerReady{1}, at(0));
  scheduler.on(ModelLoaded{1, ""}, at(0));
  EXPECT_EQ(all<FailJob>(scheduler.on(WorkerDied{1, "was killed"}, at(1))).size(), 1u);
}

TEST_F(SchedulerTest, AWorkerThatNeverStartsFailsItsJobsAfterThreeTries) {
  scheduler.on(job(1, "llama", "a"), at(0));
  std::size_t starts = 1;
  std::vector<FailJob> failed;
  for (WorkerId worker = 1; failed.empty() && worker < 10; ++worker) {
    failed = all<FailJob>(scheduler.on(WorkerDied{worker, "could not be started: no such file"}, at(0)));
    if (auto const tick = scheduler.next_tick())
      starts += all<StartWorker>(scheduler.on(Tick{}, *tick)).size();
  }
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(starts, 3u);
  EXPECT_NE(failed[0].error.message().find("no such file"), std::string::npos);
}

TEST_F(SchedulerTest, AFailedLoadFailsItsJobsAndNobodyElses) {
  scheduler.on(job(1, "echo", "a"), at(0));
  scheduler.on(job(2, "echo", "b"), at(0));
  scheduler.on(WorkerReady{1}, at(0));
  auto const failed =
      all<FailJob>(scheduler.on(LoadFailed{1, "a", Error(Code::engine_failed, "cut file")}, at(1)));
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed[0].job, 1u);
  EXPECT_EQ(all<SendJob>(scheduler.on(ModelLoaded{1, "b"}, at(2))).at(0).job, 2u);
}

TEST_F(SchedulerTest, ACancelledJobThatDoesNotEndCostsItsWorkerItsLife) {
  auto const worker = warm("echo", "", 1);
  EXPECT_EQ(all<CancelJob>(scheduler.on(JobCancelled{1}, at(0))).size(), 1u);
  auto const tick = scheduler.next_tick();
  ASSERT_TRUE(tick);
  EXPECT_TRUE(all<StopWorker>(scheduler.on(Tick{}, *tick - std::chrono::milliseconds(1))).empty());
  EXPECT_EQ(all<StopWorker>(scheduler.on(Tick{}, *tick)).at(0).worker, worker);
  EXPECT_TRUE(all<FailJob>(scheduler.on(WorkerDied{worker, "was killed"}, *tick)).empty());
}

TEST_F(SchedulerTest, WhoRunsBesideACancelledJobThatDoesNotEndIsNotBlamed) {
  auto worker = warm("echo", "", 1);
  JobId stubborn = 2;
  for (int i = 0; i < 4; ++i, ++stubborn) {
    scheduler.on(job(stubborn, "echo"), at(0));
    scheduler.on(JobCancelled{stubborn}, at(0));
    auto const tick = scheduler.next_tick();
    ASSERT_TRUE(tick);
    ASSERT_EQ(all<StopWorker>(scheduler.on(Tick{}, *tick)).size(), 1u);
    auto actions = scheduler.on(WorkerDied{worker, "was killed"}, *tick);
    EXPECT_TRUE(all<FailJob>(actions).empty());
    worker = all<StartWorker>(actions).at(0).worker;  // without a pause
    scheduler.on(WorkerReady{worker}, at(0));
    EXPECT_EQ(all<SendJob>(scheduler.on(ModelLoaded{worker, ""}, at(0))).at(0).job, 1u);
  }
}

TEST_F(SchedulerTest, ACancelledJobThatEndsCostsNothing) {
  warm("echo", "", 1);
  scheduler.on(JobCancelled{1}, at(0));
  scheduler.on(JobEnded{1}, at(1));
  EXPECT_EQ(scheduler.snapshot(at(1)).residents.at(0).running, 0);
  EXPECT_TRUE(all<StopWorker>(scheduler.on(Tick{}, at(60'000))).empty());
}

TEST_F(SchedulerTest, AJobsDeadlineHoldsWhetherItWaitsOrRuns) {
  auto running = job(1, "llama", "a"), waiting = job(2, "llama", "a");
  running.request.deadline = at(100);
  waiting.request.deadline = at(50);
  scheduler.on(running, at(0));
  scheduler.on(WorkerReady{1}, at(0));
  scheduler.on(ModelLoaded{1, "a"}, at(0));
  scheduler.on(waiting, at(0));
  EXPECT_EQ(scheduler.next_tick(), at(50));
  auto failed = all<FailJob>(scheduler.on(Tick{}, at(50)));
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed[0].job, 2u);
  EXPECT_EQ(failed[0].error.code(), Code::deadline_exceeded);
  auto const actions = scheduler.on(Tick{}, at(100));
  EXPECT_EQ(all<FailJob>(actions).at(0).job, 1u);
  EXPECT_EQ(all<CancelJob>(actions).at(0).job, 1u);
  EXPECT_TRUE(all<FailJob>(scheduler.on(JobEnded{1}, at(101))).empty());
}

TEST_F(SchedulerTest, BatchWaitsForInteractiveButNotForEver) {
  warm("llama", "a", 1);
  auto batch = job(2, "llama", "a");
  batch.request.job_class = JobClass::batch;
  scheduler.on(batch, at(0));
  JobId last = 1, next = 3;
  for (int second = 1; second < 1000; ++second) {
    auto interactive = job(next++, "llama", "a");
    interactive.request.job_class = JobClass::interactive;
    scheduler.on(interactive, at(second * 1000));
    last = all<SendJob>(scheduler.on(JobEnded{last}, at(second * 1000))).at(0).job;
    if (last != 2) continue;
    EXPECT_GT(second, 55);
    EXPECT_LT(second, 65);
    return;
  }
  FAIL() << "the batch job was never served";
}

TEST_F(SchedulerTest, AFullQueueIsBusyAndSaysWhenToComeBack) {
  Scheduler small({{{"echo", {1, false}}}, {2, {kBudget}}, 10});
  for (JobId id = 1; id <= 10; ++id) EXPECT_TRUE(all<FailJob>(small.on(job(id, "echo"), at(0))).empty());
  auto const refused = all<FailJob>(small.on(job(11, "echo"), at(0)));
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].error.code(), Code::busy);
  ASSERT_TRUE(refused[0].retry_after);
  EXPECT_GT(*refused[0].retry_after, Duration::zero());
  small.on(JobCancelled{3}, at(0));
  EXPECT_TRUE(all<FailJob>(small.on(job(12, "echo"), at(0))).empty());
}

TEST_F(SchedulerTest, AFileThatKillsItsWorkerFailsItsOwnJobsOnly) {
  scheduler.on(job(1, "echo", "bad"), at(0));
  scheduler.on(job(2, "echo", "good"), at(0));
  scheduler.on(WorkerReady{1}, at(0));  // loads both
  EXPECT_TRUE(all<FailJob>(scheduler.on(WorkerDied{1, "was killed by signal 11"}, at(1))).empty());
  std::vector<JobId> failed;
  bool good_was_sent = false;
  for (WorkerId worker = 2; worker < 8 && !good_was_sent; ++worker) {
    auto const next = *scheduler.next_tick();
    scheduler.on(Tick{}, next);
    auto actions = scheduler.on(WorkerReady{worker}, next);
    for (auto loads = all<LoadModel>(actions); !loads.empty(); loads = all<LoadModel>(actions)) {
      EXPECT_EQ(loads.size(), 1u) << "suspects are loaded alone";
      auto const model = loads[0].model;
      actions = scheduler.on(model == "bad" ? Event(WorkerDied{worker, "was killed by signal 11"})
                                            : Event(ModelLoaded{worker, model}),
                             next);
      for (auto const& each : all<FailJob>(actions)) failed.push_back(each.job);
      for (auto const& each : all<SendJob>(actions)) {
        good_was_sent |= each.job == 2;
        actions = scheduler.on(JobEnded{each.job}, next);
      }
    }
  }
  EXPECT_TRUE(good_was_sent);
  EXPECT_EQ(failed, std::vector<JobId>{1});
}

TEST_F(SchedulerTest, AJobThatWaitsForItsReaderTakesNobodysPlace) {
  warm("llama", "a", 1);
  EXPECT_TRUE(all<SendJob>(scheduler.on(job(2, "llama", "a"), at(1))).empty()) << "calls: 1";
  EXPECT_EQ(all<SendJob>(scheduler.on(JobStalled{1}, at(2))).size(), 1u);
  EXPECT_TRUE(all<SendJob>(scheduler.on(job(3, "llama", "a"), at(3))).empty());
  scheduler.on(JobStalled{1, false}, at(4));
  EXPECT_TRUE(all<SendJob>(scheduler.on(JobEnded{2}, at(5))).empty()) << "it has its place again";
  EXPECT_EQ(all<SendJob>(scheduler.on(JobEnded{1}, at(6))).size(), 1u);
}

TEST_F(SchedulerTest, AJobThatWaitsForItsReaderTakesNobodysCores) {
  auto const reader = warm("ocr", "", 1);
  scheduler.on(job(2, "ocr"), at(1));
  scheduler.on(JobStalled{1}, at(2));
  auto const third = all<SendJob>(scheduler.on(job(3, "ocr"), at(3)));
  ASSERT_EQ(third.size(), 1u) << "a call per core that computes";
  EXPECT_EQ(third[0].worker, reader);
}

TEST(Scheduler, WhoWaitsForAStalledJobsMemoryEndsItsWaiting) {
  Scheduler scheduler{{{{"llama", {1, true, true}}}, {2, {kBudget}}}};
  auto const most_of_it = [] {
    MemoryByKind memory;
    memory.weights = kBudget * 8 / 10;
    return MemoryByDevice{memory};
  }();
  auto const probe = [&](JobId first, std::string const& model) {
    auto const worker = all<StartWorker>(scheduler.on(job(first, "llama", model), at(0))).at(0).worker;
    EXPECT_EQ(all<ProbeModel>(scheduler.on(WorkerReady{worker}, at(0))).size(), 1u);
    return scheduler.on(ModelProbed{worker, model, most_of_it}, at(0));
  };
  auto const worker = all<LoadModel>(probe(1, "a")).at(0).worker;
  EXPECT_EQ(all<SendJob>(scheduler.on(ModelLoaded{worker, "a", most_of_it}, at(0))).size(), 1u);
  EXPECT_TRUE(all<ReleaseJob>(scheduler.on(JobStalled{1}, at(1))).empty());
  auto const released = all<ReleaseJob>(probe(2, "b"));
  ASSERT_EQ(released.size(), 1u);
  EXPECT_EQ(released[0].job, 1u);
  EXPECT_TRUE(all<ReleaseJob>(scheduler.on(JobStalled{1}, at(2))).empty()) << "once is enough";
}

TEST_F(SchedulerTest, WhoMustBeAloneEndsTheWaitingOfThoseThatAreThere) {
  auto const worker = warm("echo", "", 1);
  scheduler.on(job(2, "echo"), at(1));
  auto const again = all<StartWorker>(scheduler.on(WorkerDied{worker, "was killed"}, at(2)));
  auto const next =
      again.empty() ? all<StartWorker>(scheduler.on(Tick{}, at(1000))).at(0).worker : again[0].worker;
  scheduler.on(WorkerReady{next}, at(1001));
  auto const sent = all<SendJob>(scheduler.on(ModelLoaded{next, ""}, at(1002)));
  ASSERT_EQ(sent.size(), 1u) << "alone";
  auto const released = all<ReleaseJob>(scheduler.on(JobStalled{sent[0].job}, at(1003)));
  ASSERT_EQ(released.size(), 1u);
  EXPECT_EQ(released[0].job, sent[0].job);
}

}  // namespace
}  // namespace shoal::host
