#include "os/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "os/system_error.h"

namespace shoal::os {
namespace {

// The ABI is newer in kernels than in the headers of Debian 12, so what came after ABI 2 is named here
// (kernel documentation, userspace-api/landlock).
constexpr std::uint64_t kTruncate = 1ull << 14;                   // ABI 3
constexpr std::uint64_t kDeviceControl = 1ull << 15;              // ABI 5
constexpr std::uint64_t kNetworkTcp = (1ull << 0) | (1ull << 1);  // bind, connect: ABI 4
constexpr std::uint64_t kScopeAbstractSocket = 1ull << 0;         // ABI 6
constexpr std::uint64_t kScopeSignal = 1ull << 1;                 // ABI 6

struct RulesetAttributes {
  std::uint64_t paths;
  std::uint64_t network;
  std::uint64_t scopes;
};

// A kernel refuses a structure that is longer than it knows only when the surplus is not zero, but older ones
// are asked in their own size all the same.
std::size_t attributes_size(int abi) {
  if (abi < 4) return 8;
  return abi < 6 ? 16 : 24;
}

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kChange = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                  LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                  LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM |
                                  LANDLOCK_ACCESS_FS_REFER | kTruncate;
constexpr std::uint64_t kMakeSpecial = LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
                                       LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO;
// The rights that a rule on a file, not a folder, may name.
constexpr std::uint64_t kOfFiles = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                   LANDLOCK_ACCESS_FS_READ_FILE | kTruncate | kDeviceControl;

std::uint64_t rights_for(PathUse use) {
  switch (use) {
    case PathUse::read: return kRead;
    case PathUse::execute: return kRead | LANDLOCK_ACCESS_FS_EXECUTE;
    case PathUse::write: return kRead | kChange;
    case PathUse::write_device:
      return LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
  }
  return 0;
}

int add_rule(int ruleset, int path, std::uint64_t rights) noexcept {
  landlock_path_beneath_attr attributes = {};
  attributes.allowed_access = rights;
  attributes.parent_fd = path;
  return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &attributes, 0) == 0 ? 0 : errno;
}

Descriptor open_path(std::string const& path) { return Descriptor(::open(path.c_str(), O_PATH | O_CLOEXEC)); }

}  // namespace

int landlock_abi() {
  long const abi = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return abi > 0 ? static_cast<int>(abi) : 0;
}

LandlockRules::LandlockRules(int abi, bool allow_network) : abi_(abi) {
  handled_paths_ = kRead | kChange | kMakeSpecial | LANDLOCK_ACCESS_FS_EXECUTE | kDeviceControl;
  if (abi < 2) handled_paths_ &= ~static_cast<std::uint64_t>(LANDLOCK_ACCESS_FS_REFER);
  if (abi < 3) handled_paths_ &= ~kTruncate;
  if (abi < 5) handled_paths_ &= ~kDeviceControl;
  if (abi >= 4 && !allow_network) handled_network_ = kNetworkTcp;
  if (abi >= 6 && !allow_network) scopes_ |= kScopeAbstractSocket;
  if (abi >= 6) scopes_ |= kScopeSignal;
}

Result<void> LandlockRules::allow(std::string const& path, PathUse use) {
  Descriptor opened = open_path(path);
  if (!opened) return last_system_error("allowing the sandbox to use " + path);
  add(std::move(opened), use);
  return {};
}

void LandlockRules::allow_if_there(std::string const& path, PathUse use) {
  if (Descriptor opened = open_path(path)) add(std::move(opened), use);
}

void LandlockRules::add(Descriptor path, PathUse use) {
  struct stat status = {};
  bool const is_folder = fstat(path.get(), &status) == 0 && S_ISDIR(status.st_mode);
  std::uint64_t rights = rights_for(use) & handled_paths_;
  if (!is_folder) rights &= kOfFiles;
  rules_.push_back({std::move(path), rights});
}

int LandlockRules::enter() const noexcept {
  RulesetAttributes const attributes = {handled_paths_, handled_network_, scopes_};
  long const made = syscall(SYS_landlock_create_ruleset, &attributes, attributes_size(abi_), 0);
  if (made < 0) return errno;
  int const ruleset = static_cast<int>(made);
  int error = 0;
  for (Rule const& rule : rules_) {
    if (error == 0) error = add_rule(ruleset, rule.path.get(), rule.rights);
  }
  // A process cannot be named before it exists, so this one rule is made here.
  if (int const self = ::open("/proc/self", O_PATH | O_CLOEXEC); self >= 0) {
    if (error == 0) error = add_rule(ruleset, self, kRead);
    ::close(self);
  }
  if (error == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) error = errno;
  ::close(ruleset);
  return error;
}

}  // namespace shoal::os
