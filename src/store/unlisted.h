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

// The quantisation that a file's name tells, as it stands there: "Q4_K_M". Empty where it tells none.
std::string_view quantisation_in(std::string_view file);

// "model-00001-of-00003.gguf": one of several files that only together are a model.
bool is_split_part(std::string_view file);
// The same name for all parts of a model, and that of what is in one file: "model.gguf".
std::string without_part(std::string_view file);
// The texts of all parts of what `text`, a path or a source, is a part of, in their order; `text` alone where
// it is no part. invalid_argument for numbers that no model has.
Result<std::vector<std::string>> all_parts(std::string_view text);

struct UnlistedFile {
  Assembly source;
  SourceFacts facts;
};
// A catalogue entry for it. Sizes and hashes of its files are those of their facts where these say them, else
// zero.
CatalogEntry describe(ModelName const& name, std::string const& from, std::vector<UnlistedFile> const& files);

}  // namespace shoal::store
