// What documents of every kind begin with: the version of their format and what they are about.
#pragma once

#include <string>
#include <vector>

#include "base/yaml.h"

namespace shoal::graph {

// Adds a problem where the document does not begin with `shoal: 1`. `root` is a mapping.
void check_version(Yaml const& root, std::vector<Problem>& problems);
// The text of `about:`, "" with a problem where it is none.
std::string read_about(Yaml const& node, std::vector<Problem>& problems);

}  // namespace shoal::graph
