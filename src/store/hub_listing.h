// What a model hub's repository holds, as the hub lists it, and which of its files are the model that is
// meant. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace shoal::store {

struct HubFile {
  std::string path;  // in the repository
  std::uint64_t size = 0;
};

// The files of one page of the answer to GET HUB/api/models/ORG/REPO/tree/REVISION?recursive=true: an array
// of
// {"type": "file", "path", "size"}. invalid_argument where it is none.
Result<std::vector<HubFile>> read_hub_listing(std::string_view page, std::string_view repository);

// Where the answer goes on: what a Link header (RFC 8288) calls "next". Empty: nowhere.
std::string_view next_page(std::string_view link_header);

// The one GGUF model among `files`, of the quantisation or name `wanted` where that is not empty: one path,
// or those of all its parts in their order. not_found, or invalid_argument with the choices where several
// fit.
Result<std::vector<std::string>> choose_hub_model(std::vector<HubFile> const& files,
                                                  std::string const& repository, std::string const& wanted);

}  // namespace shoal::store
