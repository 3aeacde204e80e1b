#include "cli/timeline.h"

#include <gtest/gtest.h>

namespace shoal::cli {
namespace {

WallTime at(int seconds) { return WallTime(std::chrono::seconds(1'000'000 + seconds)); }

// A run of ten seconds.
Trace trace() {
  Trace trace;
  trace.run.run = "r1";
  trace.run.name = "read";
  trace.run.state = "done";
  trace.run.started = at(0);
  trace.run.ended = at(10);
  return trace;
}

runtime::StepRecord step(std::string name, int start, double seconds, runtime::StepRecord::Waited waited) {
  runtime::StepRecord step;
  step.step = std::move(name);
  step.callable = "ocr.recognize";
  step.state = "done";
  step.started = at(start);
  step.seconds = seconds;
  step.waited = waited;
  step.worker = 2;
  step.cores = 1;
  return step;
}

TEST(Timeline, ABarHasWhatItWaitedForAndWhenItRan) {
  auto run = trace();
  run.steps.push_back({step("b", 4, 5.9, {3, 0, 1}), {}});
  run.steps.push_back({step("a", 0, 3.9, {2, 2, 0}), {}});
  auto cached = step("c", 9, 0, {});
  cached.state = "cached";
  cached.worker = 0;
  run.steps.push_back({cached, {}});
  EXPECT_EQ(timeline(run, 10),
            "run r1  read  done, 10.0 s\n"
            "· queue  ░ load  ▒ cores  █ run  ◇ cached\n"
            "step                ran     by                waited\n"
            "a     |░░██      |  1.9 s   worker 2, 1 core  load 2.0 s\n"
            "b     |    ··▒███|  2.9 s   worker 2, 1 core  queue 2.0 s, cores 1.0 s\n"
            "c     |         ◇|  cached\n");
}

TEST(Timeline, TheDocumentHasThePartsThatMakeUpTheWhole) {
  auto run = trace();
  run.steps.push_back({step("b", 4, 5.5, {3, 0.5, 1}), {}});
  auto const told = timeline_document(run)["steps"].as_array().at(0);
  EXPECT_EQ(told["start_seconds"].as_number(), 4);
  EXPECT_EQ(told["queue_seconds"].as_number(), 1.5);
  EXPECT_EQ(told["load_seconds"].as_number(), 0.5);
  EXPECT_EQ(told["cores_seconds"].as_number(), 1);
  EXPECT_EQ(told["run_seconds"].as_number(), 2.5);
  EXPECT_EQ(told["worker"].as_integer(), 2);
}

TEST(Timeline, ARunOfAnOlderProgramSaysThatItHasNoTimes) {
  auto run = trace();
  auto old = step("a", 0, 1, {});
  old.started = WallTime();
  run.steps.push_back({old, {}});
  EXPECT_NE(timeline(run, 10).find("no times were kept"), std::string::npos);
}

}  // namespace
}  // namespace shoal::cli
