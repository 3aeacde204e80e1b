// What can be said of a model that no catalogue entry describes: from its bytes, its file's name and its
// source. Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/catalog.h"
#include "store/source_kind.h"

namespace shoal::store {

// The engine that runs a file, by how it begins.
struct Recognized {
  std::string engine;
  std::vector<std::string> operations;
};
// unsupported says what the bytes look like instead, as far as that helps.
Result<Recognized> recognize(std::string_view beginning);

// "Some-Model-1B.Q4_K_M.gguf" → some-model-1b:q4_k_m; the tag is `latest` where the name tells of no
// quantisation. Names that the source itself gives go first.
ModelName propose_name(SourceFacts const& facts);

// "model-00001-of-00003.gguf": one of several files that only together are a model.
bool is_split_part(std::string_view file);

// A catalogue entry for it. Size and hash of its one file are those of `facts` where these say them, else
// zero.
CatalogEntry describe(ModelName const& name, Assembly const& source, SourceFacts const& facts);

}  // namespace shoal::store
