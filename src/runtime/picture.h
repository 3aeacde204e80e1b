// A linked pipeline as a picture (graph/drawing.h). Pure; any thread.
#pragma once

#include <string>

#include "base/result.h"
#include "runtime/target.h"

namespace shoal::runtime {

enum class Picture { mermaid, svg };
// invalid_argument: what is no pipeline has none.
Result<std::string> picture_of(Target const& target, Picture picture);

}  // namespace shoal::runtime
