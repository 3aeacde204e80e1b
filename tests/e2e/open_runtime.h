// A runtime of the engines and documents that were built, in a home of the test's own.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "runtime/runtime.h"

namespace shoal::runtime {

inline Result<std::unique_ptr<Runtime>> open_runtime(std::string const& home, net::Egress& egress,
                                                     Clock& clock) {
  Runtime::Options options;
  options.home = {home, home, home + "/cache"};
  auto const build = std::string(SHOAL_BINARY_DIR);
  options.installation = {build + "/lib/shoal/engines", build + "/share/shoal"};
  options.cores = 2;
  return Runtime::open(std::move(options), egress, clock);
}

}  // namespace shoal::runtime
