// Who is resident: room by the ledger, victims, turns, helpers.
#include <gtest/gtest.h>

#include "host/scheduler.h"

namespace shoal::host {
namespace {

constexpr std::uint64_t kMB = 1'000'000;
MonotonicTime at(double seconds_) { return MonotonicTime() + from_seconds(seconds_); }

MemoryByDevice needs(std::uint64_t megabytes) {
  MemoryByKind kinds;
  kinds.weights = megabytes * kMB;
  return {kinds};
}

// A gigabyte for models of an engine that probes, one a worker, and for one that hosts many. Workers answer
// at once; loads take a tenth of a second.
class ResidencyTest : public testing::Test {
 protected:
  // Feeds the event and answers everything but jobs, until nothing more is owed.
  void feed(Event const& event) {
    std::vector<Event> owed = {event};
    while (!owed.empty()) {
      auto const next = owed.front();
      owed.erase(owed.begin());
      for (auto const& action : scheduler_.on(next, at(now_)))
        std::visit([&](auto const& each) { answer(each, owed); }, action);
    }
  }
  void answer(StartWorker const& start, std::vector<Event>& owed) {
    owed.push_back(WorkerReady{start.worker});
  }
  void answer(ProbeModel const& probe, std::vector<Event>& owed) {
    if (probe.length > kLongest)
      return owed.push_back(LoadFailed{probe.worker, probe.model, Error(Code::invalid_argument, "too long")});
    owed.push_back(ModelProbed{
        probe.worker, probe.model,
        estimates_.contains(probe.model) ? needs(estimates_[probe.model]) : size(probe.model, probe.length)});
  }
  void answer(LoadModel const& load, std::vector<Event>& owed) {
    loads_.push_back(load.model + (load.length > 0 ? std::to_string(load.length) : ""));
    now_ += 0.1;
    owed.push_back(ModelLoaded{load.worker, load.model, size(load.model, load.length)});
  }
  void answer(UnloadModel const& unload, std::vector<Event>& owed) {
    evicted_.push_back(unload.model);
    owed.push_back(ModelUnloaded{unload.worker, unload.model});
  }
  void answer(SetCores const& set, std::vector<Event>& owed) { owed.push_back(CoresReturned{set.worker}); }
  void answer(SendJob const& send, std::vector<Event>&) { sent_.push_back(send.job); }
  void answer(CancelJob const&, std::vector<Event>&) {}
  void answer(ReleaseJob const&, std::vector<Event>&) {}
  void answer(StopWorker const& stop, std::vector<Event>& owed) {
    evicted_.push_back(std::to_string(stop.worker));
    owed.push_back(WorkerDied{stop.worker, stop.reason});
  }
  void answer(FailJob const& fail, std::vector<Event>&) { failed_.push_back(fail); }

  MemoryByDevice size(std::string const& model, std::int64_t length) const {
    return needs(sizes_.at(model) + static_cast<std::uint64_t>(length));
  }
  void ask(JobId id, std::string model, std::string engine = "llama", std::int64_t length = 0) {
    JobRequest request;
    request.length = length;
    request.id = id;
    request.engine = std::move(engine);
    request.model = std::move(model);
    feed(JobArrived{request});
  }
  // An operation without a model that takes so many megabytes while it runs.
  void ask_for_memory(JobId id, std::uint64_t megabytes, std::string model = {}) {
    JobRequest request;
    request.id = id;
    request.engine = "small";
    request.model = std::move(model);
    request.memory = megabytes * kMB;
    feed(JobArrived{request});
  }
  void ask_and_end(JobId id, std::string model, std::int64_t length = 0) {
    ask(id, std::move(model), "llama", length);
    feed(JobEnded{id});
  }
  void wait(double seconds_) {
    for (auto const end = now_ + seconds_; now_ < end;) {
      auto const tick = scheduler_.next_tick();
      now_ = tick ? std::clamp(seconds(*tick - at(0)) + 1e-6, now_, end) : end;
      feed(Tick{});
    }
  }
  std::vector<std::string> resident() {
    std::vector<std::string> names;
    for (auto const& each : scheduler_.snapshot(at(now_)).residents) {
      if (each.state == Resident::State::ready) names.push_back(each.model);
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  using Names = std::vector<std::string>;
  static constexpr std::int64_t kLongest = 500;

  double now_ = 1000;
  Scheduler scheduler_{{{{"llama", {1, true, true}}, {"small", {4, false, true}}}, {2, {1000 * kMB}}}};
  std::map<std::string, std::uint64_t> sizes_ = {{"", 0},    {"a", 600},     {"b", 600}, {"c", 300},
                                                 {"d", 300}, {"huge", 1500}, {"h", 50},  {"i", 50},
                                                 {"j", 50},  {"k", 50}};
  std::map<std::string, std::uint64_t> estimates_;  // where they are wrong
  std::vector<std::string> loads_, evicted_;
  std::vector<JobId> sent_;
  std::vector<FailJob> failed_;
};

TEST_F(ResidencyTest, JobsThatNeedMoreMemoryThanThereIsTogetherNeverRunTogether) {
  ask_for_memory(1, 600);
  ask_for_memory(2, 300);
  ask_for_memory(3, 200);
  EXPECT_EQ(sent_, (std::vector<JobId>{1, 2}));
  feed(JobEnded{2});
  EXPECT_EQ(sent_, (std::vector<JobId>{1, 2, 3}));
}

TEST_F(ResidencyTest, AJobThatNeedsMemoryHasThatOfAModelThatNobodyUses) {
  ask_and_end(1, "a");
  wait(5);
  ask_for_memory(2, 500);
  EXPECT_EQ(sent_, (std::vector<JobId>{1, 2}));
  EXPECT_EQ(resident(), Names{""});
}

TEST_F(ResidencyTest, AJobThatNeedsMemoryDoesNotWaitForAModelThatIsInUse) {
  ask(1, "a");
  ask_for_memory(2, 500);
  EXPECT_EQ(sent_, (std::vector<JobId>{1, 2})) << "the model may wait for it";
}

TEST_F(ResidencyTest, AModelWaitsForTheMemoryOfARunningJob) {
  ask_for_memory(1, 500);
  ask(2, "a");
  wait(20);
  EXPECT_EQ(sent_, std::vector<JobId>{1});
  feed(JobEnded{1});
  EXPECT_EQ(sent_, (std::vector<JobId>{1, 2}));
}

TEST_F(ResidencyTest, WhatAJobNeedsGoesBackWithItsWorker) {
  ask_for_memory(1, 900);
  feed(WorkerDied{1, "was killed"});
  wait(5);
  EXPECT_EQ(sent_, (std::vector<JobId>{1, 1}));
  feed(JobCancelled{1});
  feed(JobEnded{1});
  ask_for_memory(2, 900);
  EXPECT_EQ(sent_, (std::vector<JobId>{1, 1, 2}));
}

TEST_F(ResidencyTest, AJobThatNeverFitsBesideItsModelIsRefusedAndTheOthersAreNot) {
  ask_for_memory(1, 980, "h");
  EXPECT_EQ(sent_, std::vector<JobId>{1}) << "small models have an account of their own";
  feed(JobEnded{1});
  ask_for_memory(2, 1100, "h");
  ask_for_memory(3, 100, "h");
  ASSERT_EQ(failed_.size(), 1u);
  EXPECT_EQ(failed_[0].job, 2u);
  EXPECT_EQ(failed_[0].error.code(), Code::out_of_memory);
  EXPECT_EQ(sent_, (std::vector<JobId>{1, 3}));
}

TEST_F(ResidencyTest, WhatFitsStaysAndWhatNeverFitsIsRefusedWithBothNumbers) {
  ask_and_end(1, "a");
  ask_and_end(2, "c");
  EXPECT_EQ(resident(), (Names{"a", "c"}));
  ask(3, "huge");
  ASSERT_EQ(failed_.size(), 1u);
  EXPECT_EQ(failed_[0].error.code(), Code::out_of_memory);
  EXPECT_NE(failed_[0].error.message().find("1.5 GB"), std::string::npos) << failed_[0].error.message();
  EXPECT_EQ(resident(), (Names{"a", "c"})) << "a load that cannot be evicts nobody";
}

TEST_F(ResidencyTest, TheVictimIsTheLeastValuable) {
  for (JobId id = 1; id <= 5; ++id) ask_and_end(id, "c");  // much used
  ask_and_end(6, "d");
  wait(5);
  ask(7, "a");
  EXPECT_EQ(resident(), (Names{"a", "c"}));
  EXPECT_EQ(sent_.back(), 7u);
  auto const decisions = scheduler_.snapshot(at(now_)).decisions;
  auto const evicted = std::find_if(decisions.begin(), decisions.end(),
                                    [](auto const& each) { return each.kind == Decision::Kind::evict; });
  ASSERT_NE(evicted, decisions.end());
  EXPECT_EQ(evicted->model, "d");
  EXPECT_EQ(evicted->reason, "to make room for a");
}

TEST_F(ResidencyTest, AModelWithWorkIsNoVictimAndOthersStillLoad) {
  ask(1, "a");
  ask(2, "b");
  EXPECT_EQ(sent_, (std::vector<JobId>{1}));
  ask(3, "c");
  EXPECT_EQ(sent_, (std::vector<JobId>{1, 3}));
  feed(JobEnded{1});
  wait(1.5);  // it stays for a moment
  EXPECT_EQ(sent_, (std::vector<JobId>{1, 3, 2}));
}

TEST_F(ResidencyTest, TwoModelsThatDoNotFitTogetherTakeTurnsAndDoNotReloadForEachCall) {
  for (JobId id = 1; id <= 40; ++id) ask(id, id % 2 ? "a" : "b");
  std::size_t ended = 0;
  while (ended < 40) {
    now_ += 0.2;
    if (ended < sent_.size()) {
      feed(JobEnded{sent_[ended++]});
    } else {
      wait(0.1);
    }
    ASSERT_LT(now_, 1100) << "starved";
  }
  EXPECT_LE(loads_.size(), 5u);
}

TEST_F(ResidencyTest, AStreamOfCallsForOneModelDoesNotStarveAnother) {
  JobId next = 1;
  ask(next++, "a");
  ask(1000, "b");
  for (double const begun = now_; sent_.back() != 1000; now_ += 0.1) {
    ASSERT_LT(now_ - begun, 5) << "a turn is two seconds";
    ask(next++, "a");
    if (sent_.back() != 1000) feed(JobEnded{sent_.back()});
  }
}

TEST_F(ResidencyTest, HelpersDoNotCompeteWithWhatTheyServe) {
  ask_and_end(1, "a");
  ask_and_end(2, "c");
  wait(5);
  ask_and_end(3, "h");
  ask_and_end(4, "i");
  EXPECT_EQ(resident(), (Names{"a", "c", "h", "i"}));
  wait(5);
  ask_and_end(5, "j");  // their share is a tenth: one of them goes
  EXPECT_EQ(resident().size(), 4u);
  EXPECT_EQ(resident()[0] + resident()[1], "ac");
}

TEST_F(ResidencyTest, AWrongEstimateIsCorrectedAndWhatIsIdleGoes) {
  ask_and_end(1, "c");
  ask(2, "a");
  wait(5);
  auto const worker = scheduler_.snapshot(at(now_)).residents.back().worker;
  feed(MemoryReported{worker, 900 * kMB});  // not 600
  EXPECT_EQ(resident(), (Names{"a"}));
}

TEST_F(ResidencyTest, AModelThatTakesMoreThanBeforeIsCountedSo) {
  ask_and_end(1, "c");
  ask(2, "a");
  wait(5);
  auto const worker = scheduler_.snapshot(at(now_)).residents.back().worker;
  feed(ModelMeasured{worker, "a", needs(900)});
  EXPECT_EQ(resident(), (Names{"a"}));
}

TEST_F(ResidencyTest, PressureTakesWhatNobodyUses) {
  ask(1, "a");
  ask_and_end(2, "c");
  wait(5);
  feed(PressureReported{1000 * kMB, 0.5});
  EXPECT_EQ(resident(), (Names{"a"}));
}

TEST_F(ResidencyTest, PinnedModelsStayAndOthersGoAfterTheirTime) {
  ask_and_end(1, "c");
  ask_and_end(2, "d");
  feed(PinChanged{"c", true});
  wait(700);
  EXPECT_EQ(resident(), (Names{"c"}));
  ask(3, "a");
  wait(5);
  ask(4, "b");
  wait(60);
  auto const kept = resident();
  EXPECT_EQ(std::count(kept.begin(), kept.end(), "c"), 1);
  feed(UnloadRequested{"c"});
  auto const left = resident();
  EXPECT_EQ(std::count(left.begin(), left.end(), "c"), 0);
}

TEST_F(ResidencyTest, WorkersOfManyModelsUnloadOneByOne) {
  sizes_["c"] = 500;
  sizes_["d"] = 400;
  ask(1, "c", "small");
  ask(2, "d", "small");
  feed(JobEnded{2});
  wait(5);
  ask(3, "a");  // no room: c is in use, d is not enough
  EXPECT_TRUE(evicted_.empty());
  feed(JobEnded{1});
  EXPECT_EQ(evicted_, (Names{"c"})) << "one of them is enough";
  EXPECT_EQ(sent_.back(), 3u);
}

TEST_F(ResidencyTest, AnEstimateThatMayBeWrongIsTriedWhenNothingElseIsThere) {
  estimates_["a"] = 1100;  // 600 in truth
  ask_and_end(1, "c");
  ask(2, "a");
  ASSERT_EQ(failed_.size(), 1u);
  EXPECT_NE(failed_[0].error.message().find("by an estimate"), std::string::npos);
  EXPECT_EQ(resident(), (Names{"c"})) << "nobody goes for what may fail";
  wait(700);
  ask_and_end(3, "a");
  EXPECT_EQ(resident(), (Names{"a"}));
  ask_and_end(4, "c");
  EXPECT_EQ(resident(), (Names{"a", "c"})) << "the ledger has the truth";
  EXPECT_EQ(failed_.size(), 1u);
}

TEST_F(ResidencyTest, WhatWasMeasuredIsNotTriedAgain) {
  estimates_["a"] = 900;
  sizes_["a"] = 1200;
  ask_and_end(1, "a");
  wait(5);
  EXPECT_EQ(resident(), Names()) << "it is more than may be";
  ask(2, "a");
  ASSERT_EQ(failed_.size(), 1u);
  EXPECT_EQ(failed_[0].error.message().find("by an estimate"), std::string::npos)
      << failed_[0].error.message();
}

TEST_F(ResidencyTest, AnotherLengthIsServedByTheResidentOrGrowsIt) {
  ask_and_end(1, "c", 200);
  ask_and_end(2, "c", 100);
  EXPECT_EQ(loads_, (Names{"c200"})) << "what it has is enough";
  ask_and_end(3, "c", 400);
  EXPECT_EQ(loads_, (Names{"c200", "c400"}));
  ask_and_end(4, "c", 200);
  EXPECT_EQ(loads_.size(), 2u);
  auto const snapshot = scheduler_.snapshot(at(now_));
  ASSERT_EQ(snapshot.residents.size(), 1u);
  EXPECT_EQ(snapshot.residents[0].length, 400);
  EXPECT_EQ(snapshot.residents[0].memory.total(), 700 * kMB) << "once, and as it is now";
  EXPECT_TRUE(evicted_.empty());
}

TEST_F(ResidencyTest, AModelGrowsWhenItsCallsHaveEndedAndNobodyOvertakes) {
  ask(1, "c", "small", 100);
  ask(2, "c", "small", 100);
  ask(3, "c", "small", 300);
  ask(4, "c", "small", 100);
  feed(JobEnded{1});
  EXPECT_EQ(sent_, (std::vector<JobId>{1, 2}));
  feed(JobEnded{2});
  EXPECT_EQ(loads_, (Names{"c100", "c300"}));
  EXPECT_EQ(sent_, (std::vector<JobId>{1, 2, 3, 4}));
}

TEST_F(ResidencyTest, ALengthThatCannotBeFailsAloneAndTheResidentStays) {
  ask_and_end(1, "c", 100);
  ask(2, "c", "llama", 600);
  ASSERT_EQ(failed_.size(), 1u);
  EXPECT_EQ(failed_[0].error.code(), Code::invalid_argument);
  sizes_["c"] = 700;  // 700 + 400 is more than there is
  ask(3, "c", "llama", 400);
  ASSERT_EQ(failed_.size(), 2u);
  EXPECT_EQ(failed_[1].error.code(), Code::out_of_memory);
  ask(4, "c", "llama", 100);
  EXPECT_EQ(sent_.back(), 4u);
  EXPECT_EQ(loads_, (Names{"c100"}));
}

TEST_F(ResidencyTest, AModelThatGrowsTakesTheRoomOfIdleOnes) {
  ask_and_end(1, "c", 100);
  ask_and_end(2, "d", 100);
  wait(5);
  ask(3, "c", "llama", 400);
  EXPECT_EQ(evicted_.size(), 1u);
  EXPECT_EQ(loads_, (Names{"c100", "d100", "c400"}));
  EXPECT_EQ(sent_.back(), 3u);
}

TEST_F(ResidencyTest, TwoThatWantToGrowIntoTheSameRoomBothDo) {
  ask(1, "c", "llama", 100);
  ask(2, "d", "llama", 100);
  ask(3, "c", "llama", 450);
  ask(4, "d", "llama", 450);
  feed(JobEnded{1});
  feed(JobEnded{2});
  wait(10);
  ASSERT_EQ(sent_.size(), 3u);
  feed(JobEnded{sent_.back()});
  wait(10);
  EXPECT_EQ(sent_.size(), 4u);
  EXPECT_TRUE(failed_.empty());
}

}  // namespace
}  // namespace shoal::host
