// What engines with `keeps: files` left in folders of their models: FOLDER/ENGINE/MODEL, where MODEL is a
// content hash. They can make it again, so it is only bounded. Any thread; several processes at once.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"

namespace shoal::runtime {

struct KeptFiles {
  std::uint64_t files = 0, bytes = 0;
};
KeptFiles kept_files(std::string const& folder);

// Deletes the oldest files until at most `most_bytes` are left, and gives the bytes that are free now.
Result<std::uint64_t> prune_kept_files(std::string const& folder, std::uint64_t most_bytes);

// The folders of models that are not among those with these content hashes.
std::vector<std::string> kept_without_model(std::string const& folder, std::set<std::string> const& models);

}  // namespace shoal::runtime
