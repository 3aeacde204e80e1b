#include "os/run_program.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "os/poller.h"

namespace shoal::os {
namespace {

Command shell(std::string const& script) {
  return {.program = "/bin/sh", .arguments = {"-c", script}, .environment = inherited_environment({"PATH"})};
}

// Ended: gone, or not yet reaped by its new parent.
bool ends_soon(int pid) {
  Descriptor const process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!process) return true;
  Poller poller;
  poller.watch(process.get(), Interest::read);
  return !poller.wait(std::chrono::seconds(20)).value().empty();
}

TEST(RunProgram, KeepsBothStreamsAndTheExitCode) {
  RunResult const result = run_program(shell("echo out; echo err >&2; exit 4")).value();
  EXPECT_EQ(result.standard_output, "out\n");
  EXPECT_EQ(result.standard_error, "err\n");
  EXPECT_EQ(result.status.code, 4);
  EXPECT_FALSE(result.truncated);
}

TEST(RunProgram, MoreThanAPipeHoldsArrivesWhole) {
  RunResult const result =
      run_program(shell("head -c 3000000 /dev/zero; head -c 500000 /dev/zero >&2")).value();
  EXPECT_EQ(result.standard_output.size(), 3'000'000u);
  EXPECT_EQ(result.standard_error.size(), 500'000u);
}

TEST(RunProgram, OutputBeyondTheLimitIsDroppedAndSaid) {
  RunOptions options;
  options.max_output_bytes = 10;
  std::size_t lines = 0;
  options.on_line = [&](OutputStream, std::string_view) { ++lines; };
  RunResult const result =
      run_program(shell("for i in 1 2 3 4 5 6 7 8; do echo line $i; done"), options).value();
  EXPECT_EQ(result.standard_output, "line 1\nlin");
  EXPECT_TRUE(result.truncated);
  EXPECT_EQ(lines, 8u);
}

TEST(RunProgram, LinesComeOneByOne) {
  std::vector<std::string> lines;
  RunOptions options;
  options.on_line = [&](OutputStream stream, std::string_view line) {
    lines.push_back((stream == OutputStream::standard_error ? "err " : "out ") + std::string(line));
  };
  ASSERT_TRUE(run_program(shell("printf '10%%\\r100%%\\r\\nlast'"), options));
  EXPECT_EQ(lines, (std::vector<std::string>{"out 10%", "out 100%", "out last"}));
}

TEST(RunProgram, AMissingProgramIsAnError) {
  EXPECT_EQ(run_program({.program = "/no/such/program"}).error().code(), Code::not_found);
}

TEST(RunProgram, OutOfTimeKillsTheWholeGroup) {
  RunOptions options;
  int grandchild = 0;
  options.on_line = [&](OutputStream, std::string_view line) {
    grandchild = std::atoi(std::string(line).c_str());
  };
  options.timeout = std::chrono::milliseconds(300);
  Result<RunResult> const result = run_program(shell("sleep 600 & echo $!; wait"), options);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::deadline_exceeded);
  ASSERT_GT(grandchild, 0);
  EXPECT_TRUE(ends_soon(grandchild));
}

TEST(RunProgram, StopEndsItFromAnotherThread) {
  std::stop_source stop;
  RunOptions options;
  options.stop = stop.get_token();
  std::thread other;
  options.on_line = [&](OutputStream, std::string_view) {
    other = std::thread([&] { stop.request_stop(); });
  };
  Result<RunResult> const result = run_program(shell("echo started; exec sleep 600"), options);
  other.join();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::cancelled);
  EXPECT_EQ(run_program(shell("exec sleep 600"), options).error().code(), Code::cancelled);  // stopped before
}

TEST(RunProgram, WhatItLeftBehindIsNotWaitedForButEnded) {
  RunResult const result = run_program(shell("sleep 600 & echo $!")).value();
  EXPECT_TRUE(result.status.ok());
  EXPECT_TRUE(ends_soon(std::atoi(result.standard_output.c_str())));
}

}  // namespace
}  // namespace shoal::os
