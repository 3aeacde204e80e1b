#include "runtime/own_process.h"

#include "os/file.h"
#include "os/process.h"

namespace shoal::runtime {

std::string const& own_build() {
  // At the first call: later there may be another file of that name.
  static std::string const build = [] {
    auto const path = os::executable_path();
    auto const identity = path ? os::identify(*path) : Result<os::FileIdentity>(path.error());
    std::string const version = SHOAL_VERSION;
    if (!identity) return version;
    return version + "-" + std::to_string(identity->size) + "-" + std::to_string(identity->mtime_ns);
  }();
  return build;
}

int own_process_id() { return os::own_process_id(); }

}  // namespace shoal::runtime
