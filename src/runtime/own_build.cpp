#include "runtime/own_build.h"

#include "os/file.h"

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

}  // namespace shoal::runtime
