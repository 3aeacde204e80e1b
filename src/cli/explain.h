// How a run came to its answer, for `--explain`: of each step whether it ran or was in the cache, of each
// task the rungs that were tried and why they did not do. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "runtime/journal.h"
#include "runtime/target.h"

namespace shoal::cli {

// A run's steps and why each ran.
struct Explained {
  std::vector<runtime::StepRecord> steps;
  std::vector<std::string> reasons;  // runtime::reasons_to_run
};
Result<Explained> explained(runtime::Journal& journal, std::string const& run);
// Adds the steps of a pipeline that nothing was recorded of: functions, which are computed anew, and those
// that did not run.
void add_unrecorded(Explained& explained, runtime::Target const& target);

// Steps of one `each` come as one line. `route`: as RunResult has it.
std::string explain(Explained const& explained, Json const& route);

// [{"step", "callable", "state", "seconds", "why", "error"}]
Json to_json(Explained const& explained);

// What most of several say, and that there are others: "`page` is not as last time, and others".
std::string most_common(std::vector<std::string> const& reasons);

// "read/words[12]/clean" → "read/words[…]/clean"
std::string without_indices(std::string const& step);

}  // namespace shoal::cli
