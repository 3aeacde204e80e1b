#include "os/lock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "os/file.h"
#include "os/process.h"

namespace shoal::os {
namespace {

constexpr char const* kChild = "SHOAL_OS_LOCK_TEST_CHILD";

// The test program started as a child that takes the lock, says so and waits to be killed.
[[maybe_unused]] bool const is_child = [] {
  char const* const path = std::getenv(kChild);
  if (path == nullptr) return false;
  auto const outcome = FileLock::try_acquire(path, "holding it").value();
  if (!std::holds_alternative<FileLock>(outcome) || write(STDOUT_FILENO, "x", 1) != 1) _exit(1);
  for (;;) pause();
}();

class LockTest : public testing::Test {
 protected:
  std::unique_ptr<Process> start_holder() {
    Pipe ready = make_pipe().value();
    Command command{.program = executable_path().value(), .environment = {kChild + ("=" + path_)}};
    command.descriptors = {{STDOUT_FILENO, ready.write_end.get()}};
    auto process = Process::spawn(command).value();
    ready.write_end.close();
    char byte = 0;
    EXPECT_EQ(read(ready.read_end.get(), &byte, 1), 1);
    return process;
  }

  TemporaryFolder folder_ = TemporaryFolder::create("lock-test").value();
  std::string path_ = folder_.path() + "/lock";
};

TEST_F(LockTest, AnotherProcessIsNamedAndItsDeathFreesTheLock) {
  auto const holder = start_holder();
  auto const outcome = FileLock::try_acquire(path_, "waiting").value();
  ASSERT_TRUE(std::holds_alternative<FileLock::Holder>(outcome));
  EXPECT_EQ(std::get<FileLock::Holder>(outcome).describe(),
            "process " + std::to_string(holder->pid()) + " (holding it)");
  holder->kill();
  holder->wait();
  EXPECT_TRUE(std::holds_alternative<FileLock>(FileLock::try_acquire(path_, "now ours").value()));
  EXPECT_EQ(read_file(path_, 1000).value(), std::to_string(getpid()) + "\nnow ours\n");
}

TEST_F(LockTest, NobodyElseCanOpenItAndKeepOthersWaiting) {
  using std::filesystem::perms;
  { std::ofstream(path_) << "by an older program"; }
  std::filesystem::permissions(path_, perms::owner_read | perms::owner_write | perms::others_read);
  for (auto const& path : {path_, path_ + "-new"}) {
    auto const lock = FileLock::try_acquire(path, "ours").value();
    ASSERT_TRUE(std::holds_alternative<FileLock>(lock));
    EXPECT_EQ(std::filesystem::status(path).permissions(), perms::owner_read | perms::owner_write);
  }
}

TEST_F(LockTest, WaitingSaysForWhomAndEndsWhenTheHolderDies) {
  auto const holder = start_holder();
  std::vector<int> waited_for;
  Result<FileLock> const lock = FileLock::acquire(path_, "ours", {}, [&](FileLock::Holder const& other) {
    waited_for.push_back(other.process_id);
    holder->kill();
  });
  EXPECT_TRUE(lock);
  EXPECT_EQ(waited_for, std::vector<int>{holder->pid()});
}

TEST_F(LockTest, WaitingCanBeStopped) {
  auto const holder = start_holder();
  std::stop_source stop;
  std::thread other;
  Result<FileLock> const lock =
      FileLock::acquire(path_, "ours", stop.get_token(),
                        [&](FileLock::Holder const&) { other = std::thread([&] { stop.request_stop(); }); });
  other.join();
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code(), Code::cancelled);
}

TEST_F(LockTest, ExcludesWithinOneProcessUntilDestroyed) {
  {
    FileLock const lock = FileLock::acquire(path_, "first", {}).value();
    EXPECT_TRUE(std::holds_alternative<FileLock::Holder>(FileLock::try_acquire(path_, "second").value()));
    // A child of ours does not keep it alive.
    EXPECT_TRUE(Process::spawn({.program = "/bin/true"}).value()->wait().ok());
  }
  EXPECT_TRUE(std::holds_alternative<FileLock>(FileLock::try_acquire(path_, "second").value()));
}

TEST_F(LockTest, AHolderWithoutANoteIsStillAHolder) {
  EXPECT_EQ(FileLock::Holder{}.describe(), "another process");
  EXPECT_EQ((FileLock::Holder{.process_id = 7}).describe(), "process 7");
  EXPECT_EQ(FileLock::try_acquire(folder_.path() + "/none/lock", "x").error().code(), Code::not_found);
}

TEST(OwnCommandLine, NamesTheProgramOnOneLine) {
  EXPECT_NE(own_command_line().find("os_test"), std::string::npos);
  EXPECT_EQ(own_command_line().find('\0'), std::string::npos);
}

}  // namespace
}  // namespace shoal::os
