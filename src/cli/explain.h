// How a run came to its answer, for `--explain`: of each step whether it ran or was in the cache, of each
// task the rungs that were tried and why they did not do. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "runtime/journal.h"

namespace shoal::cli {

// Steps of one `each` come as one line. `route`: as RunResult has it.
std::string explain(std::vector<runtime::StepRecord> const& steps, Json const& route);

// [{"step", "callable", "state", "seconds", "error"}]
Json to_json(std::vector<runtime::StepRecord> const& steps);

// "read/words[12]/clean" → "read/words[…]/clean"
std::string without_indices(std::string const& step);

}  // namespace shoal::cli
