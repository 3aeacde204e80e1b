// Why the calls of a run were made and not answered by the cache: what is not as it was the last time that
// the same thing was run, as far as the journal knows. Any thread.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/journal.h"

namespace shoal::runtime {

// One for each of `steps`, which are the run's: "never ran before", "`page` is another than last time", "the
// model is another than last time"; "" for what the cache answered. Also for a run that has not begun.
Result<std::vector<std::string>> reasons_to_run(Journal& journal, RunRecord const& run,
                                                std::vector<StepRecord> const& steps);

}  // namespace shoal::runtime
