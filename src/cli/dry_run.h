// `shoal run NAME --dry-run`: what would be done, and what is missing.
#pragma once

#include <optional>

#include "base/result.h"
#include "cli/session.h"
#include "value/value.h"

namespace shoal::cli {

// Of a name that the library knows. Without `inputs` the plan alone. Runs nothing, and fetches nothing.
Result<int> dry_run(Session& session, std::string const& name, std::optional<value::Value> inputs);

}  // namespace shoal::cli
