// A plan as text, all of it that decides what a run does, so that two can be compared.
#pragma once

#include <string>

#include "graph/plan.h"

namespace shoal::graph {

std::string text_of(Plan const& plan);

}  // namespace shoal::graph
