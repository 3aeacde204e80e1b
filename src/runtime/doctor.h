// `shoal doctor`: what of the machine, the installation and the home is as it should be, and how to mend what
// is not. Works where nothing else does: each part is looked at by itself. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "os/paths.h"

namespace shoal::runtime {

struct Finding {
  enum class State {
    good,
    weak,    // works, with less protection, speed or room than it should
    broken,  // something will fail
  };

  State state = State::good;
  std::string subject;  // "seccomp", "data folder", "models"
  std::string detail;
  std::string remedy;  // what to do; "" where nothing is to be done
};

std::string_view name_of(Finding::State state);

struct DoctorRequest {
  Result<os::Home> home = Error(Code::internal, "not looked for");
  Result<os::Installation> installation = Error(Code::internal, "not looked for");
  std::vector<std::string> mirror_files;
  WallTime now;
};
std::vector<Finding> examine(DoctorRequest const& request);

}  // namespace shoal::runtime
