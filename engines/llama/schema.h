// A JSON Schema as a grammar that only its instances fit.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"

namespace shoal::llama_engine {

// GBNF with the root `root`. `schema` is an object, or a string with one. invalid_argument says which part of
// it is not understood.
Result<std::string> grammar_of_schema(Json const& schema);

}  // namespace shoal::llama_engine
