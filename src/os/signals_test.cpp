#include "os/signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>

#include "os/file.h"
#include "os/process.h"

namespace shoal::os {
namespace {

constexpr char const* kChild = "SHOAL_OS_SIGNALS_TEST_CHILD";

// The test program started as a child whose callback never returns: the second signal must end it all the
// same.
[[maybe_unused]] bool const is_child = [] {
  if (std::getenv(kChild) == nullptr) return false;
  auto const signals = StopSignals::install([](int) {
    if (write(STDOUT_FILENO, "1", 1) != 1) _exit(1);
    for (;;) pause();
  });
  if (write(STDOUT_FILENO, "0", 1) != 1) _exit(1);
  for (;;) pause();
}();

TEST(StopSignals, TheFirstIsACallAndTheSecondKills) {
  Pipe told = make_pipe().value();
  Command command{.program = executable_path().value(), .environment = {std::string(kChild) + "=1"}};
  command.descriptors = {{STDOUT_FILENO, told.write_end.get()}};
  auto const child = Process::spawn(command).value();
  char byte = 0;
  ASSERT_EQ(read(told.read_end.get(), &byte, 1), 1);
  ASSERT_EQ(kill(child->pid(), SIGINT), 0);
  ASSERT_EQ(read(told.read_end.get(), &byte, 1), 1);
  EXPECT_EQ(byte, '1');
  EXPECT_EQ(child->try_wait(), std::nullopt);
  ASSERT_EQ(kill(child->pid(), SIGINT), 0);
  EXPECT_EQ(child->wait().signal, SIGINT);
}

TEST(StopSignals, CallsOnItsOwnThreadAndCanBeInstalledAgain) {
  for (int round = 0; round < 2; ++round) {
    Wakeup const called = Wakeup::create().value();
    std::atomic<int> which = 0;
    std::atomic<bool> other_thread = false;
    auto const main_thread = std::this_thread::get_id();
    auto const signals = StopSignals::install([&](int signal_number) {
      which = signal_number;
      other_thread = std::this_thread::get_id() != main_thread;
      called.signal();
    });
    ASSERT_TRUE(signals);
    raise(SIGTERM);
    Poller poller;
    poller.watch(called.descriptor(), Interest::read);
    ASSERT_FALSE(poller.wait(std::chrono::seconds(20)).value().empty());
    EXPECT_EQ(which, SIGTERM);
    EXPECT_TRUE(other_thread);
  }
}

TEST(StopSignals, AnIgnoredSignalStaysIgnored) {
  signal(SIGHUP, SIG_IGN);
  {
    auto const signals = StopSignals::install([](int) { FAIL(); });
    ASSERT_TRUE(signals);
    raise(SIGHUP);
  }
  EXPECT_EQ(signal(SIGHUP, SIG_DFL), SIG_IGN);
}

}  // namespace
}  // namespace shoal::os
