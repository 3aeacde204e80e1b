// What docs/design/host.md promises about residents (its table of what peers get wrong), point by point, with
// real workers and real models. Point 13, ten thousand schedules, is tests/simulation; the bounds on time are
// cases in simulated time (host/scheduler_test.cpp, host/residency_test.cpp) and measured by bench/run.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "host/host.h"
#include "os/file.h"

namespace shoal::host {
namespace {

using value::Value;
constexpr std::uint64_t kMB = 1'000'000;

struct Pending {
  JobId id = 0;
  std::future<JobReport> report;
};

class AcceptanceTest : public testing::Test {
 protected:
  void SetUp() override {
    auto const* models = std::getenv("SHOAL_TEST_MODELS");
    small_ = model("small", models ? models : "", "smollm2-135m");
    large_ = model("large", models ? models : "", "qwen2.5-coder-0.5b");
    if (small_.file.empty() || large_.file.empty())
      GTEST_SKIP() << "needs smollm2-135m and qwen2.5-coder-0.5b in the folder of models SHOAL_TEST_MODELS";
    engines_ = load_manifests(std::string(SHOAL_BINARY_DIR) + "/lib/shoal/engines").value();
    start(4000 * kMB);
  }
  void start(std::uint64_t memory) {
    Limits limits;
    limits.memory_bytes = memory;
    host_ = Host::start({engines_, 2, std::move(limits)}, clock_).value();
  }
  // The model's one GGUF file in the folder of models; its place is empty where there is none.
  static ModelSpec model(std::string name, std::string const& models, std::string const& folder) {
    ModelSpec spec;
    spec.name = std::move(name);
    spec.options = Json::object({{"context", 512}});
    std::error_code failed;
    for (std::filesystem::recursive_directory_iterator at(models + "/" + folder, failed), end;
         !failed && at != end; at.increment(failed)) {
      if (at->path().extension() == ".gguf") spec.file = at->path().string();
    }
    return spec;
  }

  Pending submit(ModelSpec const& model, int tokens = 2, JobClass job_class = JobClass::normal,
                 std::string prompt = "Once upon a time") {
    JobSpec job;
    job.engine = "llama";
    job.operation = "generate";
    job.model = model;
    job.job_class = job_class;
    job.inputs = Value::record({{"prompt", prompt}, {"raw", true}, {"max_tokens", tokens}});
    return submit(std::move(job));
  }
  // The same file as another model.
  ModelSpec another_large() const {
    auto other = large_;
    other.name = "other";
    other.content = "told apart";
    return other;
  }

  // A call of a worker that needs no model: a helper.
  Pending help() {
    JobSpec job;
    job.engine = "echo";
    job.operation = "echo";
    job.inputs = Value::record({{"value", "help"}});
    return submit(std::move(job));
  }
  Pending submit(JobSpec job) {
    auto promise = std::make_shared<std::promise<JobReport>>();
    Pending pending{0, promise->get_future()};
    job.on_done = [promise](JobReport report) { promise->set_value(std::move(report)); };
    pending.id = host_->submit(std::move(job));
    return pending;
  }
  static void expect_text(Pending& pending) {
    auto const report = pending.report.get();
    ASSERT_TRUE(report.outputs) << report.outputs.error().message();
    EXPECT_FALSE((*report.outputs)["text"].as_text().empty());
  }
  std::size_t count(Decision::Kind kind) {
    auto const decisions = host_->snapshot().value().decisions;
    return static_cast<std::size_t>(std::count_if(decisions.begin(), decisions.end(),
                                                  [&](auto const& each) { return each.kind == kind; }));
  }
  std::optional<Resident> resident(std::string const& name) {
    for (auto const& each : host_->snapshot().value().residents) {
      if (each.model == name && each.state == Resident::State::ready) return each;
    }
    return std::nullopt;
  }

  void wait_until_running(std::string const& name) {
    while (true) {
      auto const found = resident(name);
      if (found && found->running > 0) return;
      std::this_thread::yield();
    }
  }

  SystemClock clock_;
  std::vector<Manifest> engines_;
  ModelSpec small_, large_;
  std::unique_ptr<Host> host_;
};

TEST_F(AcceptanceTest, Point3FiftyFirstRequestsLoadOnce) {
  std::vector<Pending> pending;
  for (int i = 0; i < 50; ++i) pending.push_back(submit(small_, 1));
  for (auto& each : pending) expect_text(each);
  EXPECT_EQ(count(Decision::Kind::load), 1u);
}

TEST_F(AcceptanceTest, Point6MemoryIsKnownByKindBeforeAndAfterTheLoad) {
  auto pending = submit(small_);
  expect_text(pending);
  auto const found = resident("small");
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->estimated);
  EXPECT_GT(found->memory.weights, 50 * kMB);
  EXPECT_GT(found->memory.cache, 1 * kMB);
  EXPECT_GT(found->memory.compute, 0u);
  EXPECT_EQ(found->memory.prefixes, 0u);
  // What is kept of prompts counts, too: the second has no room beside the first.
  for (std::string const word : {" boat", " harbour"}) {
    std::string prompt = "Once";
    for (int i = 0; i < 300; ++i) prompt += word;
    auto long_one = submit(small_, 1, JobClass::normal, prompt);
    expect_text(long_one);
  }
  EXPECT_GT(resident("small")->memory.prefixes, 1 * kMB);
}

TEST_F(AcceptanceTest, Point1OthersLoadWhileTheVictimIsBusyAndTheQueueIsFair) {
  auto first = submit(large_);
  expect_text(first);
  auto const bytes = resident("large")->memory.total();
  start(bytes * 2 - 50 * kMB);  // no two of them, but the small one beside one
  auto const other = another_large();
  auto busy = submit(large_, 300);
  wait_until_running("large");
  auto waiting = submit(other, 1), small = submit(small_, 1);
  expect_text(small);
  EXPECT_TRUE(resident("large")) << "what has work is no victim";
  expect_text(busy);
  expect_text(waiting);
  EXPECT_FALSE(resident("large"));
}

TEST_F(AcceptanceTest, Point2TwoModelsUnderACapThatFitsOneTakeTurns) {
  start(700 * kMB);
  // So that neither counts as a helper beside the other.
  auto const other = another_large();
  std::vector<Pending> pending;
  for (int i = 0; i < 16; ++i) pending.push_back(submit(i % 2 ? large_ : other, 1));
  for (auto& each : pending) expect_text(each);
  EXPECT_LE(count(Decision::Kind::load), 4u);
  EXPECT_GE(count(Decision::Kind::evict), 1u);
}

TEST_F(AcceptanceTest, Point4AnotherContextLengthDoesNotReload) {
  auto longer = small_, shorter = small_;
  longer.options = Json::object({{"context", 1024}});
  shorter.options = Json::object({{"context", 256}});
  shorter.name = "the same by another name";
  auto first = submit(small_);
  expect_text(first);
  auto const before = resident("small").value();
  EXPECT_EQ(before.length, 512);
  auto short_one = submit(shorter), running = submit(small_, 20);
  expect_text(short_one);
  EXPECT_EQ(resident("small")->length, 512);
  auto long_one = submit(longer);  // waits for what runs
  expect_text(running);
  expect_text(long_one);
  auto const after = resident("small").value();
  EXPECT_EQ(after.length, 1024);
  EXPECT_EQ(after.process, before.process);
  EXPECT_EQ(after.memory.weights, before.memory.weights);
  EXPECT_EQ(after.memory.cache, 2 * before.memory.cache);
  EXPECT_EQ(host_->snapshot()->residents.size(), 1u);
  EXPECT_EQ(count(Decision::Kind::evict), 0u);
  // What cannot be is told, and the resident stays.
  longer.options = Json::object({{"context", 1'000'000}});
  auto impossible = submit(longer);
  auto const report = impossible.report.get();
  ASSERT_FALSE(report.outputs);
  EXPECT_EQ(report.outputs.error().code(), Code::invalid_argument) << report.outputs.error().message();
  EXPECT_EQ(resident("small")->process, before.process);
}

TEST_F(AcceptanceTest, Point5AFileThatCannotBeLoadedEvictsNobody) {
  auto first = submit(small_);
  expect_text(first);
  auto const folder = os::TemporaryFolder::create("shoal-broken").value();
  ModelSpec broken{"broken", folder.path() + "/broken.gguf", "", {}};
  std::ofstream(broken.file) << "GGUF and then nothing of the kind";
  auto failing = submit(broken);
  EXPECT_FALSE(failing.report.get().outputs);
  EXPECT_EQ(count(Decision::Kind::evict), 0u);
  EXPECT_TRUE(resident("small"));
}

TEST_F(AcceptanceTest, WhatNeverFitsIsRefusedWithBothNumbers) {
  start(300 * kMB);
  auto refused = submit(large_);
  auto const report = refused.report.get();
  ASSERT_FALSE(report.outputs);
  EXPECT_EQ(report.outputs.error().code(), Code::out_of_memory) << report.outputs.error().message();
  EXPECT_NE(report.outputs.error().message().find("300"), std::string::npos)
      << report.outputs.error().message();
}

TEST_F(AcceptanceTest, Point7AColdRequestCanBeCancelledAndTheNextOneIsServed) {
  auto cold = submit(large_);
  host_->cancel(cold.id);
  EXPECT_EQ(cold.report.get().outputs.error().code(), Code::cancelled);
  auto next = submit(large_);
  expect_text(next);
}

TEST_F(AcceptanceTest, Point9HelpersNeverCompeteWithWhatTheyServe) {
  auto first = submit(large_);
  expect_text(first);
  start(resident("large")->memory.total() + 80 * kMB);  // full with one
  auto helped = help();
  ASSERT_TRUE(helped.report.get().outputs);
  auto const helper = resident("").value();
  EXPECT_TRUE(helper.helper);
  auto const other = another_large();
  // One after the other: of two that wait, either may be looked at first.
  for (auto const& model : {large_, other}) {
    auto served = submit(model);
    expect_text(served);
  }
  EXPECT_EQ(resident("")->process, helper.process) << "it did not go for what it serves";
  for (int i = 0; i < 20; ++i) {
    auto again = help();
    ASSERT_TRUE(again.report.get().outputs);
  }
  auto const residents = host_->snapshot()->residents;
  EXPECT_EQ(residents.size(), 2u);
  EXPECT_TRUE(resident("other")) << "nor this for the helper";
  EXPECT_EQ(count(Decision::Kind::evict), 1u);
}

TEST_F(AcceptanceTest, Point10TheResidentSetAndEveryReasonAreSeenInOneCall) {
  start(700 * kMB);
  auto const other = another_large();
  for (auto const& model : {large_, other}) {
    auto pending = submit(model);
    expect_text(pending);
  }
  auto const snapshot = host_->snapshot().value();
  ASSERT_EQ(snapshot.residents.size(), 1u);
  EXPECT_EQ(snapshot.residents[0].model, "other");
  EXPECT_EQ(snapshot.residents[0].reason, "for 1 call");
  std::vector<std::string> told;
  for (auto const& each : snapshot.decisions)
    told.push_back(std::string(name_of(each.kind)) + " " + each.model);
  EXPECT_EQ(told, (std::vector<std::string>{"loaded other", "load other", "evict large", "loaded large",
                                            "load large"}));
  for (auto const& each : snapshot.decisions) EXPECT_FALSE(each.reason.empty());
  EXPECT_EQ(snapshot.decisions[2].reason, "to make room for other");
}

TEST_F(AcceptanceTest, Point11WhoGoesAwayInTheMiddleFreesItsPlace) {
  auto endless = submit(small_, 400);
  wait_until_running("small");
  host_->cancel(endless.id);
  EXPECT_EQ(endless.report.get().outputs.error().code(), Code::cancelled);
  auto next = submit(small_);
  expect_text(next);
  EXPECT_EQ(count(Decision::Kind::load), 1u) << "by the same worker";
}

TEST_F(AcceptanceTest, Point12AWorkerThatIsKilledLosesNoJobOfItsOwnOrOfOthers) {
  auto warm = submit(small_), other = submit(large_);
  expect_text(warm);
  expect_text(other);
  auto running = submit(small_, 200);
  wait_until_running("small");
  auto beside = submit(large_, 20);
  kill(resident("small")->process, SIGKILL);
  expect_text(running);
  expect_text(beside);
}

TEST_F(AcceptanceTest, Point7ALoadThatNobodyWaitsForAnyMoreGoesOn) {
  auto loading = submit(large_);
  auto const loads = [&] {
    auto const residents = host_->snapshot().value().residents;
    return !residents.empty() && residents[0].state == Resident::State::loading;
  };
  while (!loads()) std::this_thread::yield();
  host_->cancel(loading.id);
  EXPECT_EQ(loading.report.get().outputs.error().code(), Code::cancelled);
  auto next = submit(large_);
  expect_text(next);
  EXPECT_EQ(count(Decision::Kind::load), 1u);
}

TEST_F(AcceptanceTest, Point8InteractiveGoesBeforeBatchAndBatchStillFinishes) {
  std::vector<Pending> batch;
  for (int i = 0; i < 24; ++i) batch.push_back(submit(small_, 8, JobClass::batch));
  auto interactive = submit(small_, 1, JobClass::interactive);
  expect_text(interactive);
  int ended = 0;
  for (auto& each : batch)
    ended += each.report.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  EXPECT_LT(ended, 24);
  for (auto& each : batch) expect_text(each);
}

TEST_F(AcceptanceTest, ModelsGoWhenAskedTo) {
  auto pending = submit(small_);
  expect_text(pending);
  host_->unload("small");
  EXPECT_FALSE(resident("small"));
}

}  // namespace
}  // namespace shoal::host
