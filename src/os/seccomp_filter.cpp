#include "os/seccomp_filter.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string>

#include "os/descriptor.h"
#include "os/system_error.h"

namespace shoal::os {
namespace {

// clang-format off
// Look into other processes, change the machine, or open parts of the kernel that no worker needs.
constexpr char const* kNever[] = {
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "kcmp",
    "pidfd_open", "pidfd_getfd", "pidfd_send_signal",
    "mount", "umount", "umount2", "move_mount", "open_tree", "fsopen", "fsmount", "fsconfig", "fspick",
    "mount_setattr", "pivot_root", "chroot", "unshare", "setns", "quotactl", "quotactl_fd",
    "bpf", "perf_event_open", "userfaultfd", "fanotify_init", "lookup_dcookie",
    "keyctl", "add_key", "request_key",
    "io_uring_setup", "io_uring_enter", "io_uring_register",
    "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot",
    "swapon", "swapoff",
    "acct", "syslog", "iopl", "ioperm", "modify_ldt", "personality", "vhangup",
    "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname",
    "open_by_handle_at", "name_to_handle_at", "mknod", "mknodat",
    "shmget", "shmat", "shmctl", "msgget", "msgsnd", "msgrcv", "msgctl",
    "semget", "semop", "semtimedop", "semctl",
    "mq_open", "mq_unlink", "sched_setattr",
};

constexpr char const* kSockets[] = {"socket", "connect", "bind", "listen", "accept", "accept4"};

constexpr char const* kNewProcesses[] = {"fork", "vfork"};
constexpr char const* kSignals[] = {"kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"};

// Landlock does not govern these.
constexpr char const* kFileProperties[] = {
    "chmod", "fchmodat", "chown", "lchown", "fchownat",
    "setxattr", "lsetxattr", "removexattr", "lremovexattr",
    "utime", "utimes", "utimensat", "futimesat",
};

constexpr char const* kTight[] = {"socketpair", "execve", "execveat", "inotify_init", "inotify_init1"};
// clang-format on

// System calls are numbered alike on all machines from 424 on. Those after this one (set_mempolicy_home_node,
// Linux 5.17) are unknown to the lists above: the program hears that the kernel is too old for them.
constexpr std::uint32_t kNewestKnown = 450;
constexpr std::uint32_t kFirstOfX32 = 0x40000000;  // another numbering, which the library's own code refuses

constexpr std::uint64_t kCloneNewNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

// Collects rules; the first failure stays.
class Builder {
 public:
  Builder() : context_(seccomp_init(SCMP_ACT_ALLOW)) {
    if (!context_) error_ = ENOMEM;
  }
  ~Builder() {
    if (context_) seccomp_release(context_);
  }
  Builder(Builder const&) = delete;
  Builder& operator=(Builder const&) = delete;

  template <typename... Comparisons>
  void deny(char const* name, int error_number, Comparisons... comparisons) {
    int const number = seccomp_syscall_resolve_name(name);
    // Not a call of this machine, or too new for the library: the latter are above kNewestKnown.
    if (number == __NR_SCMP_ERROR || error_ != 0) return;
    int const result = seccomp_rule_add(context_, SCMP_ACT_ERRNO(static_cast<unsigned>(error_number)), number,
                                        sizeof...(comparisons), comparisons...);
    if (result != 0 && result != -EDOM) error_ = -result;
  }
  template <std::size_t count> void deny_all(char const* const (&names)[count]) {
    for (char const* name : names) deny(name, EPERM);
  }

  Result<Descriptor> export_program() {
    Descriptor file(memfd_create("shoal-filter", MFD_CLOEXEC));
    if (!file) return last_system_error("making a system-call filter");
    if (error_ == 0) error_ = -seccomp_export_bpf(context_, file.get());
    if (error_ != 0) return system_error(error_, "making a system-call filter");
    return file;
  }

 private:
  scmp_filter_ctx context_;
  int error_ = 0;
};

scmp_arg_cmp low_bits_are(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, mask, value);
}
scmp_arg_cmp is_not(unsigned argument, std::uint64_t value) {
  return SCMP_CMP64(argument, SCMP_CMP_NE, value);
}
// For arguments of which the kernel reads 32 bits only.
scmp_arg_cmp is(unsigned argument, std::uint32_t value) { return low_bits_are(argument, 0xffffffffu, value); }

void deny_network(Builder& filter) {
  filter.deny_all(kSockets);
  // A pair of streams is a pipe; anything else could be pointed at an address.
  filter.deny("socketpair", EPERM, is_not(0, AF_UNIX));
  filter.deny("socketpair", EPERM, low_bits_are(1, 0xf, SOCK_DGRAM));
  filter.deny("socketpair", EPERM, low_bits_are(1, 0xf, SOCK_RAW));
}

void deny_processes(Builder& filter) {
  filter.deny_all(kNewProcesses);
  filter.deny_all(kSignals);
  filter.deny("clone", EPERM, low_bits_are(0, CLONE_THREAD, 0));
}

void deny_name_spaces(Builder& filter) {
  for (std::uint64_t bit = 1; bit <= kCloneNewNamespaces; bit <<= 1) {
    if ((kCloneNewNamespaces & bit) != 0) filter.deny("clone", EPERM, low_bits_are(0, bit, bit));
  }
}

// Limits and priorities of other processes of the same user.
void deny_hold_on_others(Builder& filter) {
  filter.deny("prlimit64", EPERM, is_not(0, 0));
  filter.deny("setpriority", EPERM, is_not(1, 0));
  filter.deny("ioprio_set", EPERM, is_not(1, 0));
  filter.deny("sched_setscheduler", EPERM, is_not(0, 0));
  filter.deny("sched_setparam", EPERM, is_not(0, 0));
}

void deny_for_program(Builder& filter) {
  // Typing into the terminal that we were started from.
  filter.deny("ioctl", EPERM, is(1, TIOCSTI));
  filter.deny("ioctl", EPERM, is(1, TIOCLINUX));
  filter.deny("prctl", EPERM, is(0, PR_SET_PDEATHSIG));
}

void deny_for_worker(Builder& filter) {
  filter.deny_all(kTight);
  filter.deny("ioctl", ENOTTY);  // what isatty expects
  filter.deny("prctl", EPERM, is_not(0, PR_SET_NAME));
  // abort() sends its signal to its own thread.
  filter.deny("tgkill", EPERM, is_not(0, static_cast<std::uint64_t>(getpid())));
}

}  // namespace

Result<SeccompFilter> SeccompFilter::build(FilterSpec const& spec) {
  bool const tight = spec.stage == FilterStage::tight;
  Builder filter;
  filter.deny_all(kNever);
  // Its flags are behind a pointer that a filter cannot follow; with this error glibc falls back to clone.
  filter.deny("clone3", ENOSYS);
  deny_hold_on_others(filter);
  if (tight || !spec.allow_network) deny_network(filter);
  if (tight || !spec.allow_subprocesses) {
    deny_processes(filter);
    filter.deny_all(kFileProperties);
  } else {
    deny_name_spaces(filter);
  }
  if (tight) {
    deny_for_worker(filter);
  } else {
    deny_for_program(filter);
  }

  Descriptor const program = TRY(filter.export_program());
  off_t const size = lseek(program.get(), 0, SEEK_END);
  static_assert(sizeof(Instruction) == sizeof(sock_filter));
  std::vector<Instruction> rules(static_cast<std::size_t>(size) / sizeof(Instruction));
  if (pread(program.get(), rules.data(), static_cast<std::size_t>(size), 0) != size) {
    return last_system_error("making a system-call filter");
  }
  SeccompFilter result;
  result.instructions_ = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JGE | BPF_K, 2, 0, kFirstOfX32},
      {BPF_JMP | BPF_JGT | BPF_K, 0, 1, kNewestKnown},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS},
  };
  result.instructions_.insert(result.instructions_.end(), rules.begin(), rules.end());
  return result;
}

int SeccompFilter::enter() const noexcept {
  sock_fprog program = {};
  program.len = static_cast<unsigned short>(instructions_.size());
  program.filter = const_cast<sock_filter*>(reinterpret_cast<sock_filter const*>(instructions_.data()));
  long const result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
  if (result > 0) return ESRCH;  // a thread that cannot be bound: it has a filter of its own
  return result == 0 ? 0 : errno;
}

bool seccomp_available() {
  std::uint32_t action = SECCOMP_RET_ERRNO;
  return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

}  // namespace shoal::os
