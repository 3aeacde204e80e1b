// What something that can be run takes and gives, for people and as JSON.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "runtime/library.h"
#include "value/signature.h"

namespace shoal::cli {

// "text, \"eng\" if not given", "file (application/pdf, image/png)", "integer from 72 to 600"
std::string describe_type(value::Port const& port);

// Inputs, outputs, an example, what is missing. Ends with a line feed.
std::string describe(runtime::Library::Description const& description);

// {"name", "kind", "about", "file", "inputs": [{"name", "type", "required", "default", "about", …}],
// "outputs", "uses",
//  "missing_models", "error"}
Json to_json(runtime::Library::Description const& description);

std::string_view name_of(graph::Callable::Kind kind);

}  // namespace shoal::cli
