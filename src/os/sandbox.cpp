#include "os/sandbox.h"

#include <elf.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/text.h"
#include "os/file.h"
#include "os/landlock.h"
#include "os/seccomp_filter.h"
#include "os/system_error.h"

namespace shoal::os {
namespace {

constexpr char const* kLibraryPaths[] = {
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/usr/share/locale",
    "/dev/urandom",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/sys/vm/overcommit_memory",
    "/sys/devices/system/cpu",
};

// ---- What the kernel lets us do, tried in a child.

// 0, or the error number of unshare.
int try_unshare(int flags) {
  pid_t const child = fork();
  if (child < 0) return errno;
  if (child == 0) _exit(unshare(flags) == 0 ? 0 : errno);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return errno;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}

struct NetworkNamespace {
  int flags = 0;         // for unshare; 0: cannot be had
  int error_number = 0;  // why not
};

NetworkNamespace probe_network_namespace() {
  int const by_right = try_unshare(CLONE_NEWNET);
  if (by_right == 0) return {CLONE_NEWNET, 0};
  int const in_user_namespace = try_unshare(CLONE_NEWUSER | CLONE_NEWNET);
  if (in_user_namespace == 0) return {CLONE_NEWUSER | CLONE_NEWNET, 0};
  return {0, in_user_namespace};
}

// The answer does not change while we run, and asking costs two processes.
NetworkNamespace const& network_namespace() {
  static NetworkNamespace const answer = probe_network_namespace();
  return answer;
}

std::string reason(int error_number) { return system_error(error_number, "").message().substr(2); }

std::string network_namespace_reason() {
  return "the system does not allow it (" + reason(network_namespace().error_number) +
         "): run as root, allow unprivileged user namespaces, or start the container with that right";
}

std::string landlock_reason() {
  return "the kernel does not offer Landlock: it needs Linux 5.13 with `landlock` in its list of security "
         "modules "
         "(lsm=)";
}

// What Landlock learned later, by the first ABI that has it.
struct LandlockGap {
  int since_abi;
  char const* what;
};
constexpr LandlockGap kLandlockGaps[] = {
    {3, "cutting files short (truncate) outside the allowed folders cannot be denied"},
    {5, "device control calls on files that are not allowed cannot be denied"},
    {6, "signals to other processes of the same user cannot be denied in all forms"},
};

std::vector<std::string> landlock_gaps(int abi) {
  std::vector<std::string> result;
  if (abi == 0) return {"file rules: " + landlock_reason()};
  for (LandlockGap const& gap : kLandlockGaps) {
    if (abi >= gap.since_abi) continue;
    result.push_back(std::string(gap.what) + ": Landlock ABI " + std::to_string(abi) + ", it needs " +
                     std::to_string(gap.since_abi));
  }
  return result;
}

std::string seccomp_gap() { return "system-call filter: the kernel or the container does not offer seccomp"; }

// ---- Programs and what the kernel opens to start them.

std::optional<std::string> elf_loader(std::string_view head) {
  Elf64_Ehdr header = {};
  if (head.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, head.data(), sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64)
    return std::nullopt;
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment = {};
    std::size_t const offset = header.e_phoff + i * sizeof segment;
    if (offset > head.size() || head.size() - offset < sizeof segment) return std::nullopt;
    std::memcpy(&segment, head.data() + offset, sizeof segment);
    if (segment.p_type != PT_INTERP) continue;
    if (segment.p_offset > head.size() || segment.p_filesz > head.size() - segment.p_offset)
      return std::nullopt;
    return std::string(head.substr(segment.p_offset, segment.p_filesz).data());
  }
  return std::nullopt;
}

// "#!/usr/bin/python3 -u" → "/usr/bin/python3"
std::optional<std::string> script_interpreter(std::string_view head) {
  if (!head.starts_with("#!")) return std::nullopt;
  std::string_view const line = trim(head.substr(2, head.find('\n') - 2));
  return std::string(line.substr(0, line.find_first_of(" \t")));
}

// What else must be executable for `program` to start.
std::vector<std::string> loaders_of(std::string program) {
  constexpr std::size_t kHeadBytes = 64 * 1024;
  constexpr std::size_t kMaxDepth = 4;  // of scripts run by scripts, as the kernel allows
  std::vector<std::string> result;
  while (result.size() < kMaxDepth) {
    Result<Descriptor> const file = open_for_reading(program);
    if (!file) break;  // a folder; or it will fail to start and say so
    std::string head(kHeadBytes, '\0');
    ssize_t const got = pread(file->get(), head.data(), head.size(), 0);
    head.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    std::optional<std::string> next = script_interpreter(head);
    if (!next) next = elf_loader(head + '\0');
    if (!next || next->empty()) break;
    result.push_back(*next);
    program = *next;
  }
  return result;
}

// ---- Single steps of entering. System calls only.

int set_limit(int which, std::optional<std::uint64_t> const& limit) noexcept {
  if (!limit) return 0;
  rlimit current = {};
  if (getrlimit(static_cast<__rlimit_resource>(which), &current) != 0) return errno;
  rlim_t const value = std::min<rlim_t>(*limit, current.rlim_max);
  rlimit const narrowed = {value, value};
  return setrlimit(static_cast<__rlimit_resource>(which), &narrowed) == 0 ? 0 : errno;
}

// A root worker keeps only the right to open files whatever their owner, within what Landlock allows.
int drop_capabilities() noexcept {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[2] = {};
  if (syscall(SYS_capget, &header, sets) != 0) return errno;
  std::uint32_t const kept = sets[0].permitted & (1u << CAP_DAC_OVERRIDE);
  sets[0] = {.effective = kept, .permitted = kept, .inheritable = 0};
  sets[1] = {};
  return syscall(SYS_capset, &header, sets) == 0 ? 0 : errno;
}

void write_proc_file(char const* path, std::string_view text) noexcept {
  int const file = ::open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  [[maybe_unused]] ssize_t const written = ::write(file, text.data(), text.size());
  ::close(file);
}

int forbid_new_privileges() noexcept { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno; }

}  // namespace

struct PreparedSandbox::Parts {
  int unshare_flags = 0;
  std::string user_map;
  std::string group_map;
  std::optional<std::uint64_t> memory_bytes;
  std::optional<std::uint64_t> file_size_bytes;
  std::optional<std::uint64_t> open_files;
  std::optional<LandlockRules> paths;
  std::optional<SeccompFilter> calls;
};

namespace {

// Within the new user namespace we stay who we are. If this cannot be written, files are still opened with
// our own rights; only names of users look wrong.
void keep_identity(PreparedSandbox::Parts const& parts) noexcept {
  write_proc_file("/proc/self/setgroups", "deny");
  write_proc_file("/proc/self/uid_map", parts.user_map);
  write_proc_file("/proc/self/gid_map", parts.group_map);
}

Result<LandlockRules> path_rules(SandboxSpec const& spec, int abi) {
  LandlockRules rules(abi, spec.allow_network);
  for (char const* path : kLibraryPaths) rules.allow_if_there(path, PathUse::read);
  rules.allow_if_there("/dev/null", PathUse::write_device);
  for (std::string const& path : spec.execute_paths) {
    TRY(rules.allow(path, PathUse::execute));
    for (std::string const& loader : loaders_of(path)) rules.allow_if_there(loader, PathUse::execute);
  }
  for (std::string const& path : spec.read_paths) TRY(rules.allow(path, PathUse::read));
  for (std::string const& path : spec.write_paths) TRY(rules.allow(path, PathUse::write));
  return rules;
}

}  // namespace

PreparedSandbox::PreparedSandbox(std::unique_ptr<Parts> parts, std::vector<std::string> missing)
    : parts_(std::move(parts)), missing_(std::move(missing)) {}
PreparedSandbox::~PreparedSandbox() = default;

Result<std::unique_ptr<PreparedSandbox>> prepare_sandbox(SandboxSpec const& spec) {
  auto parts = std::make_unique<PreparedSandbox::Parts>();
  parts->memory_bytes = spec.memory_bytes;
  parts->file_size_bytes = spec.file_size_bytes;
  parts->open_files = spec.open_files;
  parts->user_map = std::to_string(geteuid()) + " " + std::to_string(geteuid()) + " 1\n";
  parts->group_map = std::to_string(getegid()) + " " + std::to_string(getegid()) + " 1\n";

  int const abi = landlock_abi();
  std::vector<std::string> missing = landlock_gaps(abi);
  // The paths are checked even where no rule can be made of them.
  LandlockRules rules = TRY(path_rules(spec, abi));
  if (abi > 0) parts->paths = std::move(rules);
  if (seccomp_available()) {
    parts->calls = TRY(SeccompFilter::build({.stage = FilterStage::launch,
                                             .allow_network = spec.allow_network,
                                             .allow_subprocesses = spec.allow_subprocesses}));
  } else {
    missing.push_back(seccomp_gap());
  }
  if (!spec.allow_network) {
    parts->unshare_flags = network_namespace().flags;
    if (parts->unshare_flags == 0) missing.push_back("network namespace: " + network_namespace_reason());
  }
  return std::unique_ptr<PreparedSandbox>(new PreparedSandbox(std::move(parts), std::move(missing)));
}

int PreparedSandbox::enter(char const*& step) const noexcept {
  Parts const& parts = *parts_;
  step = "leaving the network";
  if (parts.unshare_flags != 0 && unshare(parts.unshare_flags) != 0) return errno;
  if ((parts.unshare_flags & CLONE_NEWUSER) != 0) keep_identity(parts);

  step = "setting its limits";
  // A write beyond the limit is then an error that the worker can report, not its death.
  if (parts.file_size_bytes) std::signal(SIGXFSZ, SIG_IGN);
  for (auto const& [which, limit] :
       {std::pair{RLIMIT_CORE, std::optional<std::uint64_t>(0)}, std::pair{RLIMIT_DATA, parts.memory_bytes},
        std::pair{RLIMIT_FSIZE, parts.file_size_bytes}, std::pair{RLIMIT_NOFILE, parts.open_files}}) {
    if (int const error = set_limit(which, limit); error != 0) return error;
  }

  step = "giving up its privileges";
  if (int const error = drop_capabilities(); error != 0) return error;
  if (int const error = forbid_new_privileges(); error != 0) return error;

  step = "entering its file rules";
  if (parts.paths) {
    if (int const error = parts.paths->enter(); error != 0) return error;
  }
  step = "entering its system-call filter";
  return parts.calls ? parts.calls->enter() : 0;
}

Result<std::vector<std::string>> tighten_sandbox(TightenSpec const& spec) {
  int const abi = landlock_abi();
  std::vector<std::string> missing = landlock_gaps(abi);
  LandlockRules rules(abi, false);
  for (std::string const& path : spec.read_paths) TRY(rules.allow(path, PathUse::read));
  for (std::string const& path : spec.write_paths) TRY(rules.allow(path, PathUse::write));
  SeccompFilter const calls = TRY(SeccompFilter::build({.stage = FilterStage::tight}));

  if (int const error = forbid_new_privileges(); error != 0)
    return system_error(error, "tightening the sandbox");
  if (abi > 0) {
    if (int const error = rules.enter(); error != 0) return system_error(error, "tightening the file rules");
  }
  if (int const error = calls.enter(); error == EINVAL || error == ENOSYS) {
    missing.push_back(seccomp_gap());
  } else if (error != 0) {
    return system_error(error, "tightening the system-call filter");
  }
  return missing;
}

bool SandboxSupport::complete() const {
  return std::ranges::all_of(features, [](SandboxFeature const& feature) { return feature.available; });
}

SandboxSupport sandbox_support() {
  SandboxSupport result;
  result.landlock_abi = landlock_abi();
  result.seccomp = seccomp_available();
  NetworkNamespace const& network = network_namespace();
  result.network_namespace = network.flags != 0;

  result.features.push_back(
      {"file rules", result.landlock_abi > 0,
       result.landlock_abi > 0 ? "Landlock ABI " + std::to_string(result.landlock_abi) : landlock_reason()});
  if (result.landlock_abi > 0) {
    std::vector<std::string> const gaps = landlock_gaps(result.landlock_abi);
    result.features.push_back(
        {"complete file rules", gaps.empty(), gaps.empty() ? "all in force" : join(gaps, "; ")});
  }
  result.features.push_back(
      {"system-call filter", result.seccomp, result.seccomp ? "seccomp" : seccomp_gap()});
  result.features.push_back({"network namespace", result.network_namespace,
                             network.flags == 0                     ? network_namespace_reason()
                             : (network.flags & CLONE_NEWUSER) != 0 ? "inside a user namespace of its own"
                                                                    : "by right"});
  return result;
}

}  // namespace shoal::os
