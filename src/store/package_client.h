// Packages through their ordinary clients, pip and npm, so that indexes, mirrors, proxies and permissions are
// those that the user has set for them. The clients are child processes; nothing of a package is ever run:
// pip may take wheels only, and npm runs no scripts.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "store/source.h"

namespace shoal::store {

// "pip" or "npm", as the traffic of `source` is accounted.
std::string client_name(Source const& source);

// Downloads the package of a pypi: or npm: source into `folder`, which is empty and the caller's, and gives
// the path of its archive. `on_bytes` hears now and then how many bytes have come. Errors in one line:
// not_found (no such package or version), unavailable (the client is missing or reaches no index), cancelled.
Result<std::string> fetch_package(Source const& source, std::string const& folder, std::stop_token stop,
                                  std::function<void(std::uint64_t)> const& on_bytes);

// What the client said, as one error with a remedy. `output` is its standard error.
Error client_error(Source const& source, std::string const& output, std::string const& how_it_ended);

}  // namespace shoal::store
