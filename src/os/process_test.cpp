#include "os/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "os/file.h"
#include "os/poller.h"

namespace shoal::os {
namespace {

constexpr char const* kChild = "SHOAL_OS_PROCESS_TEST_CHILD";

Command shell(std::string const& script) {
  return {.program = "/bin/sh", .arguments = {"-c", script}, .environment = inherited_environment({"PATH"})};
}

ExitStatus run_to_end(Command const& command) { return Process::spawn(command).value()->wait(); }

std::string read_to_end(Descriptor const& source) {
  std::string text;
  char buffer[4096];
  ssize_t got = 0;
  while ((got = read(source.get(), buffer, sizeof buffer)) > 0)
    text.append(buffer, static_cast<std::size_t>(got));
  return text;
}

// What the command writes to its standard output until that is closed.
std::string output_of(Command command) {
  Pipe pipe = make_pipe().value();
  command.descriptors.push_back({STDOUT_FILENO, pipe.write_end.get()});
  auto const process = Process::spawn(command).value();
  pipe.write_end.close();
  return read_to_end(pipe.read_end);
}

// The test program started as a child that starts a grandchild, says its number and waits to be killed.
[[maybe_unused]] bool const is_child = [] {
  if (std::getenv(kChild) == nullptr) return false;
  auto const grandchild = Process::spawn(shell("exec sleep 600")).value();
  std::string const number = std::to_string(grandchild->pid()) + "\n";
  if (write(STDOUT_FILENO, number.data(), number.size()) < 0) _exit(1);
  for (;;) pause();
}();

TEST(Process, ExitCodesAndSignalsAreTold) {
  EXPECT_TRUE(run_to_end({.program = "/bin/true"}).ok());
  EXPECT_EQ(run_to_end(shell("exit 3")).describe(), "ended with exit code 3");
  ExitStatus const killed = run_to_end(shell("kill -9 $$"));
  EXPECT_EQ(killed.signal, SIGKILL);
  EXPECT_EQ(killed.describe(), "was killed by signal 9 (Killed)");
}

TEST(Process, WhatItUsedIsCounted) {
  ExitStatus const status = run_to_end(shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"));
  EXPECT_GT(status.cpu_seconds, 0.0);
  EXPECT_GT(status.peak_rss_bytes, 100'000u);
}

TEST(Process, AProgramThatCannotStartIsAnErrorWithTheReason) {
  EXPECT_EQ(Process::spawn({.program = "/no/such/program"}).error().message(),
            "starting /no/such/program: no such file or folder");
  EXPECT_EQ(Process::spawn({.program = "/etc/passwd"}).error().code(), Code::unavailable);
  EXPECT_EQ(Process::spawn({.program = "/bin/true", .working_folder = "/none"}).error().message(),
            "starting /bin/true, entering its working folder /none: no such file or folder");

  TemporaryFolder const folder = TemporaryFolder::create("process-test").value();
  std::string const script = folder.path() + "/script";
  ASSERT_TRUE(write_file_atomically(script, "#!/no/such/interpreter\n"));
  ASSERT_EQ(chmod(script.c_str(), 0755), 0);
  EXPECT_EQ(Process::spawn({.program = script}).error().message(),
            "starting " + script + ": its loader or script interpreter is missing");
}

TEST(Process, TheEnvironmentIsExactlyWhatIsListed) {
  Command command{.program = "/usr/bin/env", .environment = {"A=1", "B=two words"}};
  EXPECT_EQ(output_of(command), "A=1\nB=two words\n");
  setenv("SHOAL_OS_TEST_VARIABLE", "x", 1);
  EXPECT_EQ(inherited_environment({"SHOAL_OS_TEST_VARIABLE", "SHOAL_OS_TEST_NONE"}),
            std::vector<std::string>{"SHOAL_OS_TEST_VARIABLE=x"});
  unsetenv("SHOAL_OS_TEST_VARIABLE");
}

TEST(Process, OnlyListedDescriptorsAreOpen) {
  Descriptor const careless(open("/etc/passwd", O_RDONLY));  // not closed on exec
  Descriptor const wanted = open_for_reading("/etc/passwd").value();
  Command command = shell("ls /proc/$$/fd; readlink /proc/$$/fd/0");
  command.descriptors = {{7, wanted.get()}};
  EXPECT_EQ(output_of(command), "0\n1\n2\n7\n/dev/null\n");
}

TEST(Process, TargetsMayCrossTheirSources) {
  Pipe first = make_pipe().value();
  Pipe second = make_pipe().value();
  // Each source's number is the other's target.
  int const a = first.write_end.get();
  int const b = second.write_end.get();
  Command command = shell("echo one >&" + std::to_string(a) + "; echo two >&" + std::to_string(b));
  command.program = "/bin/bash";  // dash knows one-digit descriptors only
  command.descriptors = {{a, b}, {b, a}};
  ASSERT_TRUE(run_to_end(command).ok());
  first.write_end.close();
  second.write_end.close();
  EXPECT_EQ(read_to_end(second.read_end), "one\n");
  EXPECT_EQ(read_to_end(first.read_end), "two\n");
}

TEST(Process, TheWorkingFolderIsTheOneNamed) {
  Command command = shell("pwd");
  command.working_folder = "/usr/bin";
  EXPECT_EQ(output_of(command), "/usr/bin\n");
}

TEST(Process, ItsEndIsPollable) {
  Pipe go = make_pipe().value();
  Command command = shell("read line");
  command.descriptors = {{STDIN_FILENO, go.read_end.get()}};
  auto const process = Process::spawn(command).value();
  Poller poller;
  poller.watch(process->exit_descriptor(), Interest::read);
  EXPECT_TRUE(poller.wait(Duration(0)).value().empty());
  EXPECT_EQ(process->try_wait(), std::nullopt);
  EXPECT_FALSE(process->wait_for(Duration(0)).has_value());
  ASSERT_EQ(write(go.write_end.get(), "\n", 1), 1);
  EXPECT_FALSE(poller.wait(std::nullopt).value().empty());
  EXPECT_TRUE(process->try_wait().value().ok());
  EXPECT_TRUE(process->wait().ok());  // the same again
}

TEST(Process, TerminateAsksAndKillDoesNot) {
  Pipe ready = make_pipe().value();
  Command command = shell("trap 'exit 9' TERM; echo; while :; do sleep 600 & wait; done");
  command.descriptors = {{STDOUT_FILENO, ready.write_end.get()}};
  char byte = 0;
  auto asked = Process::spawn(command).value();
  ASSERT_EQ(read(ready.read_end.get(), &byte, 1), 1);
  asked->terminate();
  EXPECT_EQ(asked->wait().code, 9);
  asked->kill();  // harmless: it is no one's number any more

  auto killed = Process::spawn(command).value();
  ASSERT_EQ(read(ready.read_end.get(), &byte, 1), 1);
  killed->kill();
  EXPECT_EQ(killed->wait().signal, SIGKILL);
}

TEST(Process, DestroyingKillsAndReaps) {
  int pid = 0;
  {
    auto const process = Process::spawn(shell("exec sleep 600")).value();
    pid = process->pid();
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST(Process, SignalStateIsNotInherited) {
  signal(SIGUSR1, SIG_IGN);
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  ExitStatus const ignored = run_to_end(shell("kill -USR1 $$; exit 0"));
  ExitStatus const masked = run_to_end(shell("kill -USR2 $$; exit 0"));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  signal(SIGUSR1, SIG_DFL);
  EXPECT_EQ(ignored.signal, SIGUSR1);
  EXPECT_EQ(masked.signal, SIGUSR2);
}

TEST(Process, ASpawnerThatIgnoresEndedChildrenIsRepaired) {
  signal(SIGCHLD, SIG_IGN);
  EXPECT_EQ(run_to_end(shell("exit 3")).code, 3);
  signal(SIGCHLD, SIG_DFL);
}

TEST(Process, AChildThatSomeoneElseReapedHasEnded) {
  auto const process = Process::spawn(shell("exit 3")).value();
  ASSERT_EQ(waitpid(process->pid(), nullptr, 0), process->pid());
  EXPECT_EQ(process->wait().code, 255);
}

TEST(Process, ChildrenDieWithUs) {
  Pipe numbers = make_pipe().value();
  Command command{.program = executable_path().value(),
                  .environment = inherited_environment({"PATH", "ASAN_OPTIONS", "TSAN_OPTIONS"})};
  command.environment.push_back(std::string(kChild) + "=1");
  command.descriptors = {{STDOUT_FILENO, numbers.write_end.get()}};
  auto const child = Process::spawn(command).value();
  char text[32] = {};
  ASSERT_GT(read(numbers.read_end.get(), text, sizeof text - 1), 0);
  Descriptor const grandchild(static_cast<int>(syscall(SYS_pidfd_open, std::atoi(text), 0)));
  ASSERT_TRUE(static_cast<bool>(grandchild));
  child->kill();
  Poller poller;
  poller.watch(grandchild.get(), Interest::read);
  EXPECT_FALSE(poller.wait(std::chrono::seconds(20)).value().empty());
}

TEST(Process, ProgramsAreFoundAsTheShellWould) {
  EXPECT_TRUE(find_program("sh").value().ends_with("/sh"));
  EXPECT_EQ(find_program("/bin/sh").value(), "/bin/sh");
  EXPECT_EQ(find_program("/bin/no-such-program").error().code(), Code::not_found);
  EXPECT_EQ(find_program("no-such-program").error().code(), Code::not_found);
}

}  // namespace
}  // namespace shoal::os
