// The host with real worker processes: the echo engine fails in every way, and nobody else is hurt.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <semaphore>
#include <thread>

#include "host/host.h"
#include "os/file.h"
#include "os/sandbox.h"

namespace shoal::host {
namespace {

using value::Value;

// A job that is under way.
struct Pending {
  JobId id = 0;
  std::future<JobReport> report;
  std::shared_ptr<std::counting_semaphore<>> progress = std::make_shared<std::counting_semaphore<>>(0);

  bool ended() const { return report.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
};

class HostTest : public testing::Test {
 protected:
  void SetUp() override {
    auto engines = load_manifests(std::string(SHOAL_BINARY_DIR) + "/lib/shoal/engines");
    ASSERT_TRUE(engines) << engines.error().message();
    auto rogue = load_manifests(std::string(SHOAL_BINARY_DIR) + "/tests/e2e/engines");
    ASSERT_TRUE(rogue) << rogue.error().message();
    engines->push_back(std::move(rogue->front()));
    engines_ = std::move(*engines);
    start({});
  }
  void start(Limits limits) { host_ = Host::start({engines_, 2, std::move(limits)}, clock_).value(); }
  Manifest& engine(std::string const& name) {
    return *std::find_if(engines_.begin(), engines_.end(),
                         [&](auto const& each) { return each.engine == name; });
  }

  Pending submit(std::string operation, Value inputs, std::function<void(std::string, Value)> on_chunk = {},
                 std::string engine = "echo") {
    auto promise = std::make_shared<std::promise<JobReport>>();
    JobSpec job;
    job.engine = std::move(engine);
    job.operation = std::move(operation);
    job.inputs = std::move(inputs);
    job.on_chunk = std::move(on_chunk);
    job.job_class = job_class_;
    job.on_done = [promise](JobReport report) { promise->set_value(std::move(report)); };
    Pending pending{0, promise->get_future()};
    job.on_progress = [progress = pending.progress](double, double, std::string const&) {
      progress->release();
    };
    pending.id = host_->submit(std::move(job));
    return pending;
  }
  Pending rogue(std::string operation, std::int64_t value) {
    return submit(std::move(operation), Value::record({{"value", value}}), {}, "rogue");
  }
  // What such a worker's job hears, and that nobody else was hurt.
  void expect_named(Pending pending, std::string const& words) {
    auto const report = pending.report.get();
    ASSERT_FALSE(report.outputs);
    EXPECT_EQ(report.outputs.error().code(), Code::engine_failed);
    EXPECT_NE(report.outputs.error().message().find(words), std::string::npos)
        << report.outputs.error().message();
    EXPECT_TRUE(call("echo", Value::record({{"value", 1}})).outputs);
  }
  // In the home folder, where that can be written.
  static os::TemporaryFolder folder_at_home() {
    auto const* home = std::getenv("HOME");
    auto folder = os::TemporaryFolder::create("shoal-forbidden", home ? home : "");
    return folder ? std::move(*folder) : os::TemporaryFolder::create("shoal-forbidden").value();
  }
  JobReport call(std::string operation, Value inputs) {
    return submit(std::move(operation), std::move(inputs)).report.get();
  }

  SystemClock clock_;
  JobClass job_class_ = JobClass::normal;
  std::vector<Manifest> engines_;
  std::unique_ptr<Host> host_;
};

TEST_F(HostTest, EchoGivesBackWhatItGot) {
  auto const inputs = Value::record({{"value", Value::list({1, 2.5, "text", Value::record({{"a", true}})})}});
  auto const report = call("echo", inputs);
  ASSERT_TRUE(report.outputs) << report.outputs.error().message();
  EXPECT_EQ((*report.outputs)["value"], inputs["value"]);
  EXPECT_GT(report.cpu_seconds, 0);
  EXPECT_GT(report.peak_bytes, 0u);
}

TEST_F(HostTest, AnErrorOfTheEngineArrivesWithItsCodeAndWords) {
  auto const report = call("fail", Value::record({{"code", "not_found"}, {"message", "no such page"}}));
  ASSERT_FALSE(report.outputs);
  EXPECT_EQ(report.outputs.error(), Error(Code::not_found, "no such page"));
}

TEST_F(HostTest, BigBuffersArriveWhole) {
  auto const report = call("big", Value::record({{"bytes", 100'000'000}}));
  ASSERT_TRUE(report.outputs) << report.outputs.error().message();
  auto const blob = (*report.outputs)["blob"].as_blob();
  ASSERT_TRUE(blob);
  EXPECT_EQ(blob->bytes(), std::string(100'000'000, 'b'));
}

TEST_F(HostTest, StreamsKeepTheirOrderAndLoseNothing) {
  std::vector<std::int64_t> parts;
  auto pending = submit("stream", Value::record({{"count", 1000}}),
                        [&](std::string, Value part) { parts.push_back(part.as_integer()); });
  ASSERT_TRUE(pending.report.get().outputs);
  ASSERT_EQ(parts.size(), 1000u);
  for (std::size_t i = 0; i < parts.size(); ++i) EXPECT_EQ(parts[i], static_cast<std::int64_t>(i));
}

TEST_F(HostTest, ACrashIsTriedAgainOnceAndThenNamedAndTheHostLives) {
  auto const report = call("crash", Value::record({}));
  ASSERT_FALSE(report.outputs);
  EXPECT_EQ(report.outputs.error().code(), Code::engine_failed);
  EXPECT_NE(report.outputs.error().message().find("signal 6"), std::string::npos)
      << report.outputs.error().message();
  EXPECT_TRUE(call("echo", Value::record({{"value", 1}})).outputs);
}

TEST_F(HostTest, JobsBesideACrashAreRepeatedAndNotBlamed) {
  auto sleeping = submit("sleep", Value::record({{"seconds", 3000}}));
  sleeping.progress->acquire();
  job_class_ = JobClass::interactive;  // it is tried again before the other
  auto const crashed = call("crash", Value::record({}));
  ASSERT_FALSE(crashed.outputs);
  EXPECT_EQ(crashed.outputs.error().code(), Code::engine_failed);
  sleeping.progress->acquire();  // runs again
  EXPECT_FALSE(sleeping.ended());
}

TEST_F(HostTest, CancellingAnswersAtOnceAlsoWhereTheEngineDoesNotListen) {
  auto hanging = submit("hang", Value::record({}));
  hanging.progress->acquire();
  host_->cancel(hanging.id);
  EXPECT_EQ(hanging.report.get().outputs.error().code(), Code::cancelled);
  // Its worker has not ended it.
  auto const snapshot = host_->snapshot().value();
  ASSERT_EQ(snapshot.residents.size(), 1u);
  EXPECT_EQ(snapshot.residents[0].running, 1);
  // It is killed then, and another one answers.
  EXPECT_TRUE(call("echo", Value::record({{"value", 2}})).outputs);
}

TEST_F(HostTest, ProcessorTimeOfWorkersThatDieOrAreGivenUpCounts) {
  auto const crashed = call("burn", Value::record({{"seconds", 0.1}, {"then", "crash"}}));
  ASSERT_FALSE(crashed.outputs);
  EXPECT_GE(crashed.cpu_seconds, 0.2);  // it was tried twice
  auto hanging = submit("burn", Value::record({{"seconds", 0.1}, {"then", "hang"}}));
  hanging.progress->acquire();
  host_->cancel(hanging.id);
  EXPECT_GE(hanging.report.get().cpu_seconds, 0.08);  // the kernel tells it in ticks
}

TEST_F(HostTest, AQueuedJobCanBeCancelled) {
  std::vector<Pending> running;
  for (int i = 0; i < 40; ++i) running.push_back(submit("sleep", Value::record({{"seconds", 60}})));
  host_->cancel(running.back().id);
  EXPECT_EQ(running.back().report.get().outputs.error().code(), Code::cancelled);
  for (auto const& each : running) host_->cancel(each.id);
}

TEST_F(HostTest, EndingTheHostEndsItsJobs) {
  auto pending = submit("sleep", Value::record({{"seconds", 60}}));
  host_.reset();
  EXPECT_EQ(pending.report.get().outputs.error().code(), Code::cancelled);
}

TEST_F(HostTest, WhatDoesNotExistIsNamed) {
  auto const report = call("ecko", Value::record({}));
  ASSERT_FALSE(report.outputs);
  EXPECT_EQ(report.outputs.error().code(), Code::not_found);
  EXPECT_NE(report.outputs.error().message().find("ecko"), std::string::npos);
}

TEST_F(HostTest, AWorkerCanDoNothingButWork) {
  auto const folder = folder_at_home();
  auto const report = call("forbidden", Value::record({{"path", folder.path()}}));
  ASSERT_TRUE(report.outputs) << report.outputs.error().message();
  auto const& results = (*report.outputs)["results"].as_list();
  EXPECT_EQ(results.size(), 9u);
  for (auto const& result : results)
    EXPECT_FALSE(result["allowed"].as_boolean()) << result["attempt"].as_text();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST_F(HostTest, AHostilePluginThatSkipsTheSdkCanDoNothingEither) {
  if (!os::sandbox_support().seccomp || os::sandbox_support().landlock_abi < 3)
    GTEST_SKIP() << "this kernel cannot confine it; `shoal doctor` says so";
  auto const folder = folder_at_home();
  auto const report = submit("forbidden", Value::record({{"path", folder.path()}}), {}, "rogue").report.get();
  ASSERT_TRUE(report.outputs) << report.outputs.error().message();
  for (auto const& allowed : (*report.outputs)["value"].as_list()) ADD_FAILURE() << allowed.as_text();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST_F(HostTest, AWorkerThatHangsIsKilledAndNamedAndABusyOneIsNot) {
  engines_.push_back(engine("echo"));
  engines_.back().engine = "busy";
  Limits limits;
  limits.heartbeat.ping_interval = std::chrono::milliseconds(200);
  limits.heartbeat.ping = limits.heartbeat.idle = std::chrono::seconds(2);
  start(std::move(limits));
  auto busy = submit("burn", Value::record({{"seconds", 5}}), {}, "busy");
  expect_named(submit("hang", Value::record({})), "did nothing for 2");
  auto const report = busy.report.get();
  EXPECT_TRUE(report.outputs) << report.outputs.error().message();
  EXPECT_LT(report.cpu_seconds, 9) << "it was not begun anew";
}

TEST_F(HostTest, AWorkerThatDoesNotAnswerIsReplacedAndItsJobRunsAgain) {
  Limits limits;
  limits.heartbeat.ping_interval = std::chrono::milliseconds(200);
  limits.heartbeat.ping = std::chrono::seconds(2);
  start(std::move(limits));
  auto sleeping = submit("sleep", Value::record({{"seconds", 3000}}));
  sleeping.progress->acquire();
  auto const stopped = host_->snapshot()->residents.at(0).process;
  kill(stopped, SIGSTOP);
  sleeping.progress->acquire();  // elsewhere
  EXPECT_NE(host_->snapshot()->residents.at(0).process, stopped);
  EXPECT_FALSE(sleeping.ended());
}

TEST_F(HostTest, APacedJobSendsWhatItIsLetAndEachPartOnceAlsoFromASecondWorker) {
  std::promise<JobReport> ended;
  std::counting_semaphore<> came(0);
  std::vector<Value> parts;  // filled before each release
  JobSpec job;
  job.engine = "echo";
  job.operation = "stream";
  job.inputs = Value::record({{"count", 60}});
  job.paced = true;
  job.on_chunk = [&](std::string const&, Value part) {
    parts.push_back(std::move(part));
    came.release();
  };
  job.on_done = [&](JobReport report) { ended.set_value(std::move(report)); };
  auto const id = host_->submit(std::move(job));
  auto const take = [&](int count) {
    for (int i = 0; i < count; ++i) came.acquire();
  };
  take(kPartsAhead);
  // What is asked of the same worker afterwards is answered after all that it could send.
  EXPECT_TRUE(call("echo", Value::record({{"value", 1}})).outputs);
  EXPECT_FALSE(came.try_acquire()) << "it had no credit";
  kill(host_->snapshot()->residents.at(0).process, SIGKILL);
  take(kPartsAhead);  // of another worker, which had to send the first once more
  host_->give_credit(id, 1);
  take(1);
  host_->give_credit(id, 100);
  auto const report = ended.get_future().get();
  EXPECT_TRUE(report.outputs);
  ASSERT_EQ(parts.size(), 60u);
  for (std::size_t i = 0; i < parts.size(); ++i) EXPECT_EQ(parts[i], Value(i));
}

TEST_F(HostTest, AProgramThatDiesAtOnceIsStartedAgainWithPausesAndThenNamed) {
  engine("rogue").program = "/bin/false";
  start({});
  auto const begun = clock_.now();
  expect_named(rogue("twice", 1), "3 times in a row");
  EXPECT_GE(clock_.now() - begun, std::chrono::milliseconds(150)) << "50, then 100";
}

TEST_F(HostTest, AWorkerThatAnswersCallsOfOthersIsNotBelieved) {
  auto honest = submit("sleep", Value::record({{"seconds", 3000}}));
  honest.progress->acquire();
  expect_named(rogue("forge", 0), "not its own");
  EXPECT_FALSE(honest.ended());
}

TEST_F(HostTest, AnAnswerToACancelledCallOfAnotherWorkerIsNotBelieved) {
  auto cancelled = submit("hang", Value::record({}));
  cancelled.progress->acquire();
  host_->cancel(cancelled.id);
  EXPECT_EQ(cancelled.report.get().outputs.error().code(), Code::cancelled);
  expect_named(rogue("forge", static_cast<std::int64_t>(cancelled.id)), "not its own");
}

TEST_F(HostTest, ASecondAnswerIsNotBelieved) {
  ASSERT_TRUE(rogue("twice", 1).report.get().outputs);
  // It is killed for it, and the next call finds another worker.
  EXPECT_TRUE(rogue("twice", 1).report.get().outputs);
}

TEST_F(HostTest, AnAnswerThatWouldFillTheMemoryEndsItsWorkerAlone) {
  auto honest = submit("sleep", Value::record({{"seconds", 3000}}));
  honest.progress->acquire();
  expect_named(rogue("flood", 40'000'000), "payload");
  expect_named(rogue("flood", 16'000'000), "values");  // as bytes it is small enough
  EXPECT_FALSE(honest.ended());
}

TEST_F(HostTest, WhatASandboxLacksIsToldOnce) {
  (void)rogue("twice", 1).report.get();
  (void)rogue("flood", 40'000'000).report.get();  // two workers more
  auto const told = host_->snapshot().value().unprotected;
  EXPECT_EQ(std::count(told.begin(), told.end(), "nothing is in force here"), 1);
}

TEST_F(HostTest, AJobForAHostThatHasEndedIsAnswered) {
  constexpr int kJobs = 2000;
  std::atomic<int> answers{0};
  JobSpec last;  // whose caller breaks the rules: the host ends
  last.engine = "ecko";
  last.on_done = [](JobReport const&) { throw std::runtime_error("thrown by a test"); };
  host_->submit(std::move(last));
  for (int i = 0; i < kJobs; ++i) {
    JobSpec job;
    job.engine = "ecko";
    job.on_done = [&](JobReport const& report) {
      answers += report.outputs.error().code() != Code::cancelled;
    };
    host_->submit(std::move(job));
  }
  host_.reset();
  EXPECT_EQ(answers, kJobs);
}

TEST_F(HostTest, ALoadThatTellsOfNoProgressIsGivenUp) {
  engine("rogue").environment.emplace_back("ROGUE_MUTE", "1");
  Limits limits;
  limits.load_patience = std::chrono::milliseconds(100);
  start(std::move(limits));
  auto const report = submit("forge", Value::record({{"value", 1}}), {}, "rogue").report.get();
  ASSERT_FALSE(report.outputs);
  EXPECT_EQ(report.outputs.error().code(), Code::deadline_exceeded);
  EXPECT_NE(report.outputs.error().message().find("rogue"), std::string::npos)
      << report.outputs.error().message();
  EXPECT_TRUE(call("echo", Value::record({{"value", 1}})).outputs);
}

TEST_F(HostTest, AWorkerThatEatsMemoryIsEndedAndNamedAndOthersGoOn) {
  engines_.push_back(engine("echo"));
  engines_.back().engine = "innocent";
  // A call that writes is not repeated, but fails with what its worker died of.
  for (auto& operation : engine("echo").operations) {
    if (operation.name == "sleep") operation.effects = value::Effects::writes;
  }
  Limits limits;
  limits.memory_bytes = 200 << 20;
  start(std::move(limits));
  auto innocent = submit("sleep", Value::record({{"seconds", 60}}), {}, "innocent");
  auto beside = submit("sleep", Value::record({{"seconds", 60}}));
  while (beside.report.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
    (void)call("leak", Value::record({{"bytes", 205 << 20}}));
  auto const report = beside.report.get();
  ASSERT_FALSE(report.outputs);
  EXPECT_NE(report.outputs.error().message().find("of memory"), std::string::npos)
      << report.outputs.error().message();
  EXPECT_NE(innocent.report.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  EXPECT_TRUE(submit("echo", Value::record({{"value", 1}}), {}, "innocent").report.get().outputs);
  EXPECT_TRUE(call("echo", Value::record({{"value", 1}})).outputs);
}

TEST_F(HostTest, AWorkerCannotAllocateFarBeyondTheLimit) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer takes the whole address space, so the launcher sets no limit to it";
#endif
  Limits limits;
  limits.memory_bytes = 200 << 20;
  start(std::move(limits));
  auto const report = call("leak", Value::record({{"bytes", 1 << 30}}));
  ASSERT_FALSE(report.outputs);
  EXPECT_EQ(report.outputs.error().code(), Code::out_of_memory) << report.outputs.error().message();
}

TEST_F(HostTest, LargeFilesAreHashedByWhoSubmitsAndNotByTheHost) {
  std::thread::id reader;
  auto const blob =
      value::Blob::later(5, [&] { return reader = std::this_thread::get_id(), std::string("bytes"); }, {});
  auto const report = call("echo", Value::record({{"value", blob}}));
  ASSERT_TRUE(report.outputs) << report.outputs.error().message();
  EXPECT_EQ(reader, std::this_thread::get_id());
}

TEST_F(HostTest, ADeadlineEndsWhatWaitsAndWhatRuns) {
  for (auto const* operation : {"hang", "sleep"}) {
    auto const report = [&] {
      auto promise = std::make_shared<std::promise<JobReport>>();
      JobSpec job;
      job.engine = "echo";
      job.operation = operation;
      job.inputs = Value::record({{"seconds", 3000}});
      job.deadline = clock_.now() + std::chrono::milliseconds(50);
      job.on_done = [promise](JobReport ended) { promise->set_value(std::move(ended)); };
      auto ended = promise->get_future();
      host_->submit(std::move(job));
      return ended.get();
    }();
    ASSERT_FALSE(report.outputs);
    EXPECT_EQ(report.outputs.error().code(), Code::deadline_exceeded);
  }
}

TEST_F(HostTest, WhatIsResidentIsSeenWithTheReason) {
  ASSERT_TRUE(call("echo", Value::record({{"value", 1}})).outputs);
  auto const snapshot = host_->snapshot().value();
  EXPECT_EQ(snapshot.cores, 2);
  EXPECT_GT(snapshot.memory_budget, 0u);
  ASSERT_EQ(snapshot.residents.size(), 1u);
  auto const& resident = snapshot.residents[0];
  EXPECT_EQ(resident.engine, "echo");
  EXPECT_EQ(resident.state, Resident::State::ready);
  EXPECT_GT(resident.process, 0);
  EXPECT_EQ(resident.reason, "for 1 call");
  ASSERT_EQ(snapshot.decisions.size(), 2u);
  EXPECT_EQ(snapshot.decisions[0].kind, Decision::Kind::loaded);
  EXPECT_EQ(to_json(snapshot)["residents"].as_array().at(0)["state"], Json("ready"));
}

TEST_F(HostTest, TooManyCallsAreBusy) {
  Limits limits;
  limits.jobs = 10;
  start(std::move(limits));
  std::vector<Pending> running;
  for (int i = 0; i < 10; ++i) running.push_back(submit("sleep", Value::record({{"seconds", 60}})));
  auto const refused = call("echo", Value::record({{"value", 1}}));
  ASSERT_FALSE(refused.outputs);
  EXPECT_EQ(refused.outputs.error().code(), Code::busy);
  EXPECT_TRUE(refused.retry_after);
  host_->cancel(running.back().id);
  EXPECT_FALSE(running.back().report.get().outputs);
  EXPECT_TRUE(call("echo", Value::record({{"value", 1}})).outputs);
}

TEST_F(HostTest, NoWorkerOutlivesTheHost) {
  ASSERT_TRUE(call("echo", Value::record({{"value", 1}})).outputs);
  auto const count_workers = [] {
    int count = 0;
    for (auto const& entry : std::filesystem::directory_iterator("/proc/self/task")) {
      auto const children = os::read_file(entry.path().string() + "/children", 1 << 16);
      if (children) count += static_cast<int>(std::count(children->begin(), children->end(), ' '));
    }
    return count;
  };
  EXPECT_EQ(count_workers(), 1);
  host_.reset();
  EXPECT_EQ(count_workers(), 0);
}

}  // namespace
}  // namespace shoal::host
