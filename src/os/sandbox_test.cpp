// Each test lets a child try one thing, free and in the sandbox: what must fail inside must work outside, or
// the test would prove nothing. The child is this test program itself.
#include "os/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <map>
#include <thread>

#include "base/text.h"
#include "os/file.h"
#include "os/run_program.h"

namespace shoal::os {
namespace {

constexpr char const* kAttempt = "SHOAL_OS_SANDBOX_TEST_ATTEMPT";
constexpr char const* kArgument = "SHOAL_OS_SANDBOX_TEST_ARGUMENT";
constexpr char const* kTighten =
    "SHOAL_OS_SANDBOX_TEST_TIGHTEN";  // '\n' between the paths that stay readable
constexpr char const* kTightenWrite = "SHOAL_OS_SANDBOX_TEST_TIGHTEN_WRITE";
constexpr int kCannotTry = 250;

// ---- What the child tries. Each gives 0 or the error number.

int of(long result) { return result >= 0 ? 0 : errno; }

int reap(pid_t child) {
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : kCannotTry;
}

int make_socket(int family, int type) { return of(socket(family, type, 0)); }

int read_file_at(std::string const& path) {
  Descriptor const file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char byte = 0;
  return file ? of(read(file.get(), &byte, 1)) : errno;
}

int write_file_at(std::string const& path) {
  Descriptor const file(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  return file ? of(write(file.get(), "x", 1)) : errno;
}

int execute(std::string const& path) {
  char* const arguments[] = {const_cast<char*>(path.c_str()), nullptr};
  execv(path.c_str(), arguments);
  return errno;
}

int fork_child(std::string const&) {
  pid_t const child = fork();
  if (child == 0) _exit(0);
  return child < 0 ? errno : reap(child);
}

int start_thread(std::string const&) {
  int result = kCannotTry;
  std::thread([&] { result = 0; }).join();
  return result;
}

int abort_process(std::string const&) {
  std::abort();
  return 0;
}

int fill_memory(std::string const& size) {
  void* const block = mmap(nullptr, std::strtoull(size.c_str(), nullptr, 10), PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return block == MAP_FAILED ? errno : 0;
}

int write_much(std::string const& path) {
  Descriptor const file(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  std::string const block(1u << 16, 'x');
  for (int i = 0; i < 64; ++i) {
    if (write(file.get(), block.data(), block.size()) < 0) return errno;
  }
  return 0;
}

int write_to_descriptor_3(std::string const&) { return of(write(3, "x", 1)); }

int print_network_namespace(std::string const&) {
  char target[64] = {};
  if (readlink("/proc/self/ns/net", target, sizeof target - 1) < 0) return errno;
  return of(write(STDOUT_FILENO, target, std::char_traits<char>::length(target)));
}

int print_identity(std::string const&) {
  std::string const text = std::to_string(geteuid()) + " " + std::to_string(getegid());
  return of(write(STDOUT_FILENO, text.data(), text.size()));
}

int print_capabilities(std::string const&) {
  std::string const status = read_file("/proc/self/status", 1 << 20).value();
  std::size_t const start = status.find("CapEff:") + 8;
  return of(write(STDOUT_FILENO, status.data() + start, 16));
}

std::map<std::string, int (*)(std::string const&)> const& attempts() {
  using Argument = std::string const&;
  static std::map<std::string, int (*)(Argument)> const table = {
      {"internet socket", [](Argument) { return make_socket(AF_INET, SOCK_STREAM); }},
      {"unix socket", [](Argument) { return make_socket(AF_UNIX, SOCK_STREAM); }},
      {"netlink socket", [](Argument) { return make_socket(AF_NETLINK, SOCK_RAW); }},
      {"stream pair",
       [](Argument) {
         int ends[2];
         return of(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
       }},
      {"datagram pair",
       [](Argument) {
         int ends[2];
         return of(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends));
       }},
      {"read", read_file_at},
      {"list", [](Argument path) { return of(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }},
      {"write", write_file_at},
      {"cut", [](Argument path) { return of(truncate(path.c_str(), 0)); }},
      {"remove", [](Argument path) { return of(unlink(path.c_str())); }},
      {"mode", [](Argument path) { return of(chmod(path.c_str(), 0600)); }},
      {"execute", execute},
      {"fork", fork_child},
      {"thread", start_thread},
      {"trace", [](Argument) { return of(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }},
      {"signal", [](Argument pid) { return of(kill(std::atoi(pid.c_str()), 0)); }},
      {"thread signal",
       [](Argument pid) {
         int const number = std::atoi(pid.c_str());
         return of(syscall(SYS_tgkill, number, number, 0));
       }},
      {"limits of others",
       [](Argument pid) {
         rlimit limit = {};
         return of(prlimit(std::atoi(pid.c_str()), RLIMIT_NOFILE, nullptr, &limit));
       }},
      {"new name space", [](Argument) { return of(unshare(CLONE_NEWUSER)); }},
      {"name space by clone",
       [](Argument) {
         long const child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
         if (child == 0) _exit(0);
         return child < 0 ? errno : reap(static_cast<pid_t>(child));
       }},
      {"ring",
       [](Argument) {
         std::array<char, 256> parameters = {};
         return of(syscall(SYS_io_uring_setup, 1, parameters.data()));
       }},
      {"keys", [](Argument) { return of(syscall(SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -3, 0, 0, 0)); }},
      {"unknown call",
       [](Argument) { return of(syscall(SYS_gettid)) + of(syscall(451, -1, nullptr, nullptr, 0)); }},
      {"outlive", [](Argument) { return of(prctl(PR_SET_PDEATHSIG, 0)); }},
      {"outlive by trick",
       [](Argument) { return of(syscall(SYS_prctl, 0x100000000ul | PR_SET_PDEATHSIG, 0)); }},
      {"device control",
       [](Argument) {
         int count = 0;
         return of(syscall(SYS_ioctl, 3, 0x541B /* FIONREAD */, &count));
       }},
      {"abort", abort_process},
      {"memory", fill_memory},
      {"write much", write_much},
      {"descriptor 3", write_to_descriptor_3},
      {"network name space", print_network_namespace},
      {"identity", print_identity},
      {"capabilities", print_capabilities},
  };
  return table;
}

std::vector<std::string> paths_of(char const* variable) {
  std::vector<std::string> paths;
  char const* const value = std::getenv(variable);
  for (std::string_view path : split(value != nullptr ? value : "", '\n')) {
    if (!path.empty()) paths.emplace_back(path);
  }
  return paths;
}

[[maybe_unused]] bool const is_child = [] {
  char const* const attempt = std::getenv(kAttempt);
  if (attempt == nullptr) return false;
  if (std::getenv(kTighten) != nullptr) {
    auto const tightened =
        tighten_sandbox({.read_paths = paths_of(kTighten), .write_paths = paths_of(kTightenWrite)});
    if (!tightened) _exit(kCannotTry);
  }
  char const* const argument = std::getenv(kArgument);
  _exit(attempts().at(attempt)(argument != nullptr ? argument : ""));
}();

// ---- The tests.

class SandboxTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!sandbox_support().seccomp) GTEST_SKIP() << "this kernel has no system-call filter";
    ASSERT_TRUE(write_file_atomically(allowed_ + "/file", "inside"));
    ASSERT_TRUE(write_file_atomically(secret_ + "/file", "outside"));
    ASSERT_TRUE(write_file_atomically(secret_ + "/other", "outside"));
    spec_.execute_paths = {program_};
  }

  Command command(std::string const& attempt, std::string const& argument) const {
    Command result{.program = program_,
                   .environment = inherited_environment({"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"})};
    result.environment.push_back(std::string(kAttempt) + "=" + attempt);
    result.environment.push_back(std::string(kArgument) + "=" + argument);
    if (tighten_) {
      result.environment.push_back(std::string(kTighten) + "=" + join(tighten_->read_paths, "\n"));
      result.environment.push_back(std::string(kTightenWrite) + "=" + join(tighten_->write_paths, "\n"));
    }
    return result;
  }

  RunResult run(Command const& started) const {
    Result<RunResult> result = run_program(started);
    EXPECT_TRUE(result) << (result ? "" : result.error().message());
    return result ? *result : RunResult{.status = {.code = kCannotTry}};
  }

  RunResult run_inside(std::string const& attempt, std::string const& argument = {}) const {
    auto const sandbox = prepare_sandbox(spec_).value();
    Command started = command(attempt, argument);
    started.sandbox = sandbox.get();
    return run(started);
  }
  int inside(std::string const& attempt, std::string const& argument = {}) const {
    return run_inside(attempt, argument).status.code;
  }
  int outside(std::string const& attempt, std::string const& argument = {}) const {
    Command started = command(attempt, argument);
    return run(started).status.code;
  }

  TemporaryFolder folder_ = TemporaryFolder::create("sandbox-test").value();
  TemporaryFolder other_folder_ = TemporaryFolder::create("sandbox-test").value();
  std::string allowed_ = folder_.path();
  std::string secret_ = other_folder_.path();
  std::string program_ = executable_path().value();
  SandboxSpec spec_;
  std::optional<TightenSpec> tighten_;
};

#define NEEDS_FILE_RULES() \
  if (landlock_abi_ < 3) GTEST_SKIP() << "this kernel has no complete file rules"

class FileRulesTest : public SandboxTest {
 protected:
  int landlock_abi_ = sandbox_support().landlock_abi;
};

TEST_F(SandboxTest, NoSockets) {
  for (char const* kind : {"internet socket", "unix socket", "netlink socket", "datagram pair"}) {
    EXPECT_EQ(outside(kind), 0) << kind;
    EXPECT_EQ(inside(kind), EPERM) << kind;
  }
  EXPECT_EQ(inside("stream pair"), 0);
  spec_.allow_network = true;
  EXPECT_EQ(inside("internet socket"), 0);
}

TEST_F(SandboxTest, ANetworkOfItsOwn) {
  if (!sandbox_support().network_namespace) GTEST_SKIP() << "network name spaces are not allowed here";
  std::string const ours = run(command("network name space", "")).standard_output;
  std::string const theirs = run_inside("network name space").standard_output;
  EXPECT_TRUE(ours.starts_with("net:["));
  EXPECT_TRUE(theirs.starts_with("net:["));
  EXPECT_NE(ours, theirs);
  spec_.allow_network = true;
  EXPECT_EQ(run_inside("network name space").standard_output, ours);
}

TEST_F(SandboxTest, ItStaysWhoItIsWithoutOurPowers) {
  EXPECT_EQ(run_inside("identity").standard_output,
            std::to_string(geteuid()) + " " + std::to_string(getegid()));
  // Root keeps CAP_DAC_OVERRIDE.
  EXPECT_EQ(run_inside("capabilities").standard_output,
            geteuid() == 0 ? "0000000000000002" : "0000000000000000");
}

TEST_F(SandboxTest, NoProcessesButThreads) {
  EXPECT_EQ(outside("fork"), 0);
  EXPECT_EQ(inside("fork"), EPERM);
  EXPECT_EQ(inside("thread"), 0);
  spec_.allow_subprocesses = true;
  EXPECT_EQ(inside("fork"), 0);
  EXPECT_EQ(inside("name space by clone"), EPERM);
}

TEST_F(SandboxTest, NoHoldOnOtherProcesses) {
  std::string const us = std::to_string(getpid());
  for (char const* attempt : {"signal", "limits of others", "trace"}) {
    EXPECT_EQ(outside(attempt, us), 0) << attempt;
    EXPECT_EQ(inside(attempt, us), EPERM) << attempt;
  }
  if (sandbox_support().landlock_abi >= 6) {
    EXPECT_EQ(inside("thread signal", us), EPERM);
  }
}

TEST_F(SandboxTest, NoDoorsIntoTheKernel) {
  for (char const* attempt : {"new name space", "ring", "keys", "outlive", "outlive by trick"}) {
    EXPECT_EQ(inside(attempt), EPERM) << attempt;
  }
  EXPECT_EQ(outside("outlive"), 0);
  EXPECT_EQ(inside("unknown call"), ENOSYS);
}

TEST_F(FileRulesTest, OnlyItsPathsAreRead) {
  NEEDS_FILE_RULES();
  spec_.read_paths = {allowed_};
  EXPECT_EQ(inside("read", allowed_ + "/file"), 0);
  EXPECT_EQ(inside("list", allowed_), 0);
  EXPECT_EQ(outside("read", secret_ + "/file"), 0);
  EXPECT_EQ(inside("read", secret_ + "/file"), EACCES);
  EXPECT_EQ(inside("list", secret_), EACCES);
  EXPECT_EQ(inside("read", "/etc/passwd"), EACCES);
  EXPECT_EQ(inside("read", "/proc/1/cmdline"), EACCES);
  EXPECT_EQ(inside("read", "/proc/self/status"), 0);
  // Neither links nor the kernel's own links lead out.
  ASSERT_EQ(symlink((secret_ + "/file").c_str(), (allowed_ + "/link").c_str()), 0);
  EXPECT_EQ(inside("read", allowed_ + "/link"), EACCES);
  EXPECT_EQ(inside("read", "/proc/self/root" + secret_ + "/file"), EACCES);
  // A single file does not open its neighbours.
  spec_.read_paths = {secret_ + "/file"};
  EXPECT_EQ(inside("read", secret_ + "/file"), 0);
  EXPECT_EQ(inside("read", secret_ + "/other"), EACCES);
}

TEST_F(FileRulesTest, OnlyItsFolderIsWritten) {
  NEEDS_FILE_RULES();
  spec_.read_paths = {secret_};
  spec_.write_paths = {allowed_};
  EXPECT_EQ(inside("write", allowed_ + "/new"), 0);
  EXPECT_EQ(inside("cut", allowed_ + "/file"), 0);
  EXPECT_EQ(inside("remove", allowed_ + "/new"), 0);
  for (char const* attempt : {"write", "cut", "remove"}) {
    EXPECT_EQ(inside(attempt, secret_ + "/file"), EACCES) << attempt;
  }
  EXPECT_EQ(inside("write", secret_ + "/new"), EACCES);
  EXPECT_EQ(inside("write", "/tmp/shoal-sandbox-test-escape"), EACCES);
  EXPECT_EQ(inside("mode", secret_ + "/file"), EPERM);
  EXPECT_EQ(read_file(secret_ + "/file", 100).value(), "outside");
}

TEST_F(FileRulesTest, OnlyItsProgramIsExecuted) {
  NEEDS_FILE_RULES();
  EXPECT_EQ(outside("execute", "/bin/true"), 0);
  EXPECT_EQ(inside("execute", "/bin/true"), EACCES);
  spec_.read_paths = {"/usr"};
  EXPECT_EQ(inside("execute", "/bin/true"), EACCES);  // reading it is not executing it
  spec_.execute_paths.push_back("/bin/true");
  EXPECT_EQ(inside("execute", "/bin/true"), 0);
}

TEST_F(FileRulesTest, AScriptBringsItsInterpreter) {
  NEEDS_FILE_RULES();
  std::string const script = allowed_ + "/script";
  ASSERT_TRUE(write_file_atomically(script, "#!/bin/sh -e\nexit 7\n"));
  ASSERT_EQ(chmod(script.c_str(), 0755), 0);
  spec_.execute_paths = {script};
  auto const sandbox = prepare_sandbox(spec_).value();
  EXPECT_EQ(run({.program = script, .sandbox = sandbox.get()}).status.code, 7);
}

TEST_F(FileRulesTest, AProgramThatIsNotAllowedDoesNotStart) {
  NEEDS_FILE_RULES();
  auto const sandbox = prepare_sandbox(spec_).value();
  Result<std::unique_ptr<Process>> const process =
      Process::spawn({.program = "/bin/true", .sandbox = sandbox.get()});
  ASSERT_FALSE(process);
  EXPECT_EQ(process.error().message(), "starting /bin/true: permission denied");
}

TEST_F(SandboxTest, OneSandboxServesManyChildren) {
  auto const sandbox = prepare_sandbox(spec_).value();
  Command started = command("internet socket", "");
  started.sandbox = sandbox.get();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(run(started).status.code, EPERM);
}

TEST_F(SandboxTest, APathThatIsNotThereIsAnError) {
  spec_.read_paths = {allowed_ + "/none"};
  auto const sandbox = prepare_sandbox(spec_);
  ASSERT_FALSE(sandbox);
  EXPECT_EQ(sandbox.error().code(), Code::not_found);
  EXPECT_NE(sandbox.error().message().find("/none"), std::string::npos);
}

TEST_F(SandboxTest, LimitsHold) {
  spec_.write_paths = {allowed_};
  EXPECT_EQ(inside("write much", allowed_ + "/much"), 0);
  spec_.file_size_bytes = 100'000;
  EXPECT_EQ(inside("write much", allowed_ + "/much"), EFBIG);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_EQ(inside("memory", "1073741824"), 0);
  spec_.memory_bytes = 512u << 20;
  EXPECT_EQ(inside("memory", "1073741824"), ENOMEM);
  EXPECT_EQ(inside("memory", "134217728"), 0);
#endif
}

TEST_F(SandboxTest, WhatWasGivenStaysUsable) {
  Pipe pipe = make_pipe().value();
  tighten_ = TightenSpec{};
  auto const sandbox = prepare_sandbox(spec_).value();
  Command started = command("descriptor 3", "");
  started.descriptors = {{3, pipe.write_end.get()}};
  started.sandbox = sandbox.get();
  EXPECT_EQ(run(started).status.code, 0);
  char byte = 0;
  EXPECT_EQ(read(pipe.read_end.get(), &byte, 1), 1);
}

TEST_F(FileRulesTest, ATightenedWorkerOpensOnlyWhatItNamed) {
  NEEDS_FILE_RULES();
  spec_.read_paths = {allowed_, secret_};
  spec_.write_paths = {allowed_};
  tighten_ = TightenSpec{.read_paths = {allowed_}};
  EXPECT_EQ(inside("read", allowed_ + "/file"), 0);
  EXPECT_EQ(inside("read", secret_ + "/file"), EACCES);
  EXPECT_EQ(inside("write", allowed_ + "/new"), EACCES);
  EXPECT_EQ(inside("read", "/proc/cpuinfo"), EACCES);
  tighten_ = TightenSpec{.write_paths = {allowed_}};
  EXPECT_EQ(inside("write", allowed_ + "/new"), 0);
  // The launcher's word stands.
  spec_.write_paths = {};
  EXPECT_EQ(inside("write", allowed_ + "/new2"), EACCES);
}

TEST_F(SandboxTest, ATightenedWorkerOnlyComputes) {
  spec_.allow_subprocesses = true;  // even then
  spec_.allow_network = true;
  EXPECT_EQ(inside("fork"), 0);
  tighten_ = TightenSpec{};
  EXPECT_EQ(inside("thread"), 0);
  EXPECT_EQ(inside("fork"), EPERM);
  EXPECT_EQ(inside("execute", program_), EPERM);
  EXPECT_EQ(inside("internet socket"), EPERM);
  EXPECT_EQ(inside("stream pair"), EPERM);
  EXPECT_EQ(inside("signal", std::to_string(getpid())), EPERM);
  EXPECT_EQ(inside("thread signal", std::to_string(getpid())), EPERM);
  EXPECT_EQ(inside("trace"), EPERM);
  EXPECT_EQ(inside("outlive"), EPERM);
  EXPECT_EQ(inside("device control"), ENOTTY);
  EXPECT_EQ(run_inside("abort").status.signal, SIGABRT);
}

TEST_F(SandboxTest, TighteningWorksWithoutALauncher) {
  tighten_ = TightenSpec{};
  EXPECT_EQ(outside("internet socket"), EPERM);
  EXPECT_EQ(outside("thread"), 0);
}

TEST(SandboxSupport, SaysWhatIsThereAndWhy) {
  SandboxSupport const support = sandbox_support();
  EXPECT_GE(support.features.size(), 3u);
  for (SandboxFeature const& feature : support.features) {
    EXPECT_FALSE(feature.name.empty());
    EXPECT_FALSE(feature.detail.empty()) << feature.name;
  }
  auto const sandbox = prepare_sandbox({}).value();
  EXPECT_EQ(sandbox->missing().empty(), support.complete());
}

}  // namespace
}  // namespace shoal::os
