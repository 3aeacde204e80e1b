// Landlock: which paths a process may use, kept by the kernel. Used by sandbox.cpp only.
// Elsewhere: the file rules of a sandbox profile on macOS; an AppContainer's access lists on Windows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/descriptor.h"

namespace shoal::os {

// What the kernel offers: 0 for nothing. Any thread.
int landlock_abi();

enum class PathUse { read, execute, write, write_device };

// A set of rules that is complete before a fork. Immutable once built; enter() may be called in any number of
// children.
class LandlockRules {
 public:
  // All rights on paths that this kernel can govern are denied but for those allowed; with `allow_network`
  // false, TCP and abstract sockets as well. Signals to processes outside are denied always.
  LandlockRules(int abi, bool allow_network);

  // Error not_found when there is no such path.
  Result<void> allow(std::string const& path, PathUse use);
  void allow_if_there(std::string const& path, PathUse use);

  // Binds the calling thread and what it starts from now on, besides granting it its own entry in /proc for
  // reading. System calls only. Needs no_new_privs. Gives 0 or the error number.
  int enter() const noexcept;

 private:
  struct Rule {
    Descriptor path;
    std::uint64_t rights;
  };
  void add(Descriptor path, PathUse use);

  int abi_;
  std::uint64_t handled_paths_ = 0;
  std::uint64_t handled_network_ = 0;
  std::uint64_t scopes_ = 0;
  std::vector<Rule> rules_;
};

}  // namespace shoal::os
