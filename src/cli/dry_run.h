// `shoal run NAME --dry-run`: what would be done, and what is missing.
#pragma once

#include <optional>

#include "base/result.h"
#include "cli/session.h"
#include "value/value.h"

namespace shoal::cli {

// Of a name that the library knows. Without `inputs` the plan alone. Runs nothing, and fetches nothing.
// `part`: of a pipeline, in place of the whole.
Result<int> dry_run(Session& session, std::string const& name, std::optional<runtime::Part> const& part,
                    std::optional<value::Value> inputs);

}  // namespace shoal::cli
