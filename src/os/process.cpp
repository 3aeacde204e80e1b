#include "os/process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "base/check.h"
#include "base/text.h"
#include "os/poller.h"
#include "os/sandbox.h"
#include "os/system_error.h"

extern char** environ;

namespace shoal::os {
namespace {

// Told of a child whose end someone else took note of.
constexpr int kUnknownCode = 255;

// What the child tells its parent when it cannot become the program. `step` is a string of static life, and
// the child is a copy of the parent, so that the pointer means the same in both.
struct Failure {
  char const* step;
  int error_number;
};

// All that the child needs, made before the fork: the child must not allocate.
struct Preparation {
  std::vector<char const*> arguments;
  std::vector<char const*> environment;
  std::vector<InheritedDescriptor> descriptors;  // by target
  std::vector<int> copies;                       // of the sources, above all targets
  int above_targets = 3;
  pid_t parent = 0;
};

Result<Descriptor> open_null() {
  Descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return last_system_error("opening /dev/null");
  return null;
}

Preparation prepare(Command const& command, Descriptor const& null) {
  Preparation result;
  result.arguments.push_back(command.program.c_str());
  for (std::string const& argument : command.arguments) result.arguments.push_back(argument.c_str());
  result.arguments.push_back(nullptr);
  for (std::string const& entry : command.environment) result.environment.push_back(entry.c_str());
  result.environment.push_back(nullptr);

  result.descriptors = command.descriptors;
  for (int standard = 0; standard <= 2; ++standard) {
    if (std::ranges::find(result.descriptors, standard, &InheritedDescriptor::target) ==
        result.descriptors.end()) {
      result.descriptors.push_back({standard, null.get()});
    }
  }
  for (InheritedDescriptor const& descriptor : result.descriptors) {
    result.above_targets = std::max(result.above_targets, descriptor.target + 1);
  }
  result.copies.resize(result.descriptors.size(), -1);
  result.parent = getpid();
  return result;
}

// From here to run_child: the child of a process that may have had threads. System calls only.

void reset_signals() {
  for (int signal_number = 1; signal_number < NSIG; ++signal_number) {
    if (signal_number == SIGKILL || signal_number == SIGSTOP) continue;
    struct sigaction settings = {};
    settings.sa_handler = SIG_DFL;
    sigaction(signal_number, &settings, nullptr);  // fails for the two that glibc keeps to itself
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void close_on_exec_from(unsigned first) {
  if (syscall(SYS_close_range, first, ~0u, CLOSE_RANGE_CLOEXEC) == 0) return;
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  for (unsigned handle = first; handle < limit.rlim_cur; ++handle) {
    fcntl(static_cast<int>(handle), F_SETFD, FD_CLOEXEC);
  }
}

Failure become_program(Command const& command, Preparation& prepared, int& failure_pipe) {
  auto const failed = [](char const* step) { return Failure{step, errno}; };
  bool const apart = command.own_session ? setsid() >= 0 : setpgid(0, 0) == 0;
  if (!apart) return failed("making its process group");
  reset_signals();
  if (!command.working_folder.empty() && chdir(command.working_folder.c_str()) != 0) {
    return failed("entering its working folder");
  }
  close_on_exec_from(3);
  failure_pipe = fcntl(failure_pipe, F_DUPFD_CLOEXEC, prepared.above_targets);
  if (failure_pipe < 0) _exit(127);
  for (std::size_t i = 0; i < prepared.descriptors.size(); ++i) {
    prepared.copies[i] = fcntl(prepared.descriptors[i].source, F_DUPFD_CLOEXEC, prepared.above_targets);
    if (prepared.copies[i] < 0) return failed("passing on its descriptors");
  }
  if (command.dies_with_us) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return failed("binding its life to ours");
    if (getppid() != prepared.parent) _exit(127);  // we died before the kernel was told
  }
  if (command.sandbox != nullptr) {
    char const* step = nullptr;
    if (int const error = command.sandbox->enter(step); error != 0) return {step, error};
  }
  // Last, as the numbers may be those of descriptors that were needed above.
  for (std::size_t i = 0; i < prepared.descriptors.size(); ++i) {
    if (dup2(prepared.copies[i], prepared.descriptors[i].target) < 0)
      return failed("passing on its descriptors");
  }
  execve(command.program.c_str(), const_cast<char* const*>(prepared.arguments.data()),
         const_cast<char* const*>(prepared.environment.data()));
  return failed("");
}

[[noreturn]] void run_child(Command const& command, Preparation& prepared, int failure_pipe) {
  Failure const failure = become_program(command, prepared, failure_pipe);
  [[maybe_unused]] ssize_t const written = ::write(failure_pipe, &failure, sizeof failure);
  _exit(127);
}

Error start_error(Command const& command, Failure const& failure) {
  std::string what = "starting " + command.program;
  if (*failure.step != '\0') what += std::string(", ") + failure.step;
  if (std::strcmp(failure.step, "entering its working folder") == 0) what += " " + command.working_folder;
  bool const is_there = access(command.program.c_str(), F_OK) == 0;
  if (*failure.step == '\0' && failure.error_number == ENOENT && is_there) {
    return Error(Code::not_found, what + ": its loader or script interpreter is missing");
  }
  return system_error(failure.error_number, what);
}

// Someone who started us may have left SIGCHLD ignored; the kernel would then reap our children itself.
Result<void> keep_ended_children() {
  struct sigaction settings = {};
  if (sigaction(SIGCHLD, nullptr, &settings) != 0)
    return last_system_error("reading how signals are handled");
  if (settings.sa_handler == SIG_IGN) std::signal(SIGCHLD, SIG_DFL);
  return {};
}

// No signal handler of ours may run in the child before its handlers are reset.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(BlockedSignals const&) = delete;
  BlockedSignals& operator=(BlockedSignals const&) = delete;

 private:
  sigset_t before_;
};

double seconds_of(timeval const& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

ExitStatus status_of(int wait_status, rusage const& usage) {
  return {.code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 0,
          .signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0,
          .cpu_seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime),
          .peak_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024};
}

}  // namespace

std::vector<std::string> inherited_environment(std::vector<std::string> const& names) {
  std::vector<std::string> result;
  for (std::string const& name : names) {
    if (char const* const value = std::getenv(name.c_str())) result.push_back(name + "=" + value);
  }
  return result;
}

int own_process_id() { return getpid(); }

std::vector<std::string> whole_environment() {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) result.emplace_back(*entry);
  return result;
}

Result<std::string> find_program(std::string const& name) {
  auto const runnable = [](std::string const& path) { return access(path.c_str(), X_OK) == 0; };
  if (name.find('/') != std::string::npos) {
    if (runnable(name)) return name;
    return last_system_error("looking for the program " + name);
  }
  char const* const variable = std::getenv("PATH");
  std::string const path = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
  for (std::string_view folder : split(path, ':')) {
    std::string candidate = (folder.empty() ? "." : std::string(folder)) + "/" + name;
    if (runnable(candidate)) return candidate;
  }
  return Error(Code::not_found,
               "there is no program `" + name + "` in PATH; install it, or put its folder into PATH");
}

std::string ExitStatus::describe() const {
  if (signal == 0) return "ended with exit code " + std::to_string(code);
  return "was killed by signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
}

Result<std::unique_ptr<Process>> Process::spawn(Command const& command) {
  TRY(keep_ended_children());
  Descriptor const null = TRY(open_null());
  Preparation prepared = prepare(command, null);
  Pipe failure_pipe = TRY(make_pipe());

  pid_t pid = -1;
  {
    BlockedSignals const blocked;
    pid = fork();
    if (pid == 0) run_child(command, prepared, failure_pipe.write_end.get());
  }
  if (pid < 0) return last_system_error("starting " + command.program);
  failure_pipe.write_end.close();

  Descriptor exit_descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  int const pidfd_error = exit_descriptor ? 0 : errno;
  std::unique_ptr<Process> process(new Process(pid, std::move(exit_descriptor)));
  if (pidfd_error != 0) return system_error(pidfd_error, "watching the process of " + command.program);

  Failure failure = {};
  ssize_t got = 0;
  do got = ::read(failure_pipe.read_end.get(), &failure, sizeof failure);
  while (got < 0 && errno == EINTR);
  if (got == static_cast<ssize_t>(sizeof failure)) {
    process->wait();
    return start_error(command, failure);
  }
  return process;
}

Process::~Process() {
  if (status_ || released_) return;
  kill();
  wait();
}

void Process::release() { released_ = true; }

void Process::signal_group(int signal) {
  // Until it is reaped, the number cannot belong to anyone else.
  if (status_) return;
  if (::kill(-pid_, signal) != 0) ::kill(pid_, signal);
}

void Process::terminate() { signal_group(SIGTERM); }
void Process::kill() { signal_group(SIGKILL); }

std::optional<ExitStatus> Process::try_wait() {
  if (status_) return status_;
  siginfo_t ended = {};
  if (waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) != 0) {
    // A program that hosts us reaped all its children, ours among them.
    if (errno == ECHILD) status_ = ExitStatus{.code = kUnknownCode};
    return status_;
  }
  if (ended.si_pid == 0) return std::nullopt;
  signal_group(SIGKILL);  // what it left behind, while its number still names the group
  int wait_status = 0;
  rusage usage = {};
  CHECK(wait4(pid_, &wait_status, 0, &usage) == pid_);
  status_ = status_of(wait_status, usage);
  return status_;
}

ExitStatus Process::wait() {
  siginfo_t ended = {};
  while (!status_) {
    if (waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOWAIT) == 0 || errno != EINTR) try_wait();
  }
  return *status_;
}

std::optional<ExitStatus> Process::wait_for(Duration timeout) {
  if (status_) return status_;
  Poller poller;
  poller.watch(exit_descriptor_.get(), Interest::read);
  Result<std::vector<Ready>> const ready = poller.wait(timeout);
  CHECK(ready.has_value());
  return try_wait();
}

}  // namespace shoal::os
