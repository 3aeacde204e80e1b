// Finds what is wrong with a schema as it is written. Used by schema.cpp.
#pragma once

#include <string_view>
#include <vector>

#include "base/yaml.h"

namespace shoal::value {

// "#/$defs/NAME": the definitions that a `$ref` can name.
inline constexpr std::string_view kDefinitions = "#/$defs/";

void find_schema_problems(Yaml const& root, std::vector<Problem>& problems);

}  // namespace shoal::value
