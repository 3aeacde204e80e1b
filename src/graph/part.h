// A part of a plan, for a run that ends early. Pure.
#pragma once

#include <string_view>

#include "graph/plan.h"

namespace shoal::graph {

// The step and all that it needs. The plan's outputs are those of the step, under their names; an input that
// none of these steps reads need not be given. not_found, with the nearest name: there is no such step.
Result<Plan> part_until(Plan const& plan, std::string_view step);

}  // namespace shoal::graph
