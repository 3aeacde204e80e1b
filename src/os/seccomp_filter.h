// seccomp: which system calls a process may make. Used by sandbox.cpp only; any thread.
// Elsewhere: nothing of the kind on macOS and Windows; the sandbox profile and the job object stand for it.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"

namespace shoal::os {

enum class FilterStage {
  launch,  // entered by the launcher: the program can still be executed
  tight,   // entered by a worker of ours once it is set up
};

struct FilterSpec {
  FilterStage stage = FilterStage::launch;
  bool allow_network = false;
  bool allow_subprocesses = false;
};

// A filter in the kernel's own form, complete before a fork.
class SeccompFilter {
 public:
  // `tight` names the calling process, so that it may still abort.
  static Result<SeccompFilter> build(FilterSpec const& spec);

  // Binds all threads of the process and what they start. System calls only. Needs no_new_privs. Gives 0 or
  // the error number.
  int enter() const noexcept;

 private:
  struct Instruction {  // struct sock_filter
    std::uint16_t code;
    std::uint8_t jump_true;
    std::uint8_t jump_false;
    std::uint32_t operand;
  };
  std::vector<Instruction> instructions_;
};

// Whether this kernel has it.
bool seccomp_available();

}  // namespace shoal::os
