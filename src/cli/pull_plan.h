// What `shoal pull --dry-run` says.
#pragma once

#include <string>

#include "base/json.h"
#include "runtime/runtime.h"

namespace shoal::cli {

std::string describe_plan(store::PullPlan const& plan);
Json document_of_plan(store::PullPlan const& plan);

}  // namespace shoal::cli
