// Runs that end early: a part of a pipeline in the place of the whole.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "runtime/journal.h"
#include "runtime/target.h"

namespace shoal::runtime {

struct Part {
  std::string step;    // the last one, whose outputs are the run's
  bool alone = false;  // nothing else runs: what it needs is taken from the cache
};

// In an order of a run: {"until": STEP} or, alone, {"only": STEP}.
void write_part(std::optional<Part> const& part, Json& order);
Result<std::optional<Part>> read_part(Json const& order);

// invalid_argument: the target is no pipeline. not_found, with the nearest name: it has no such step.
Result<Target> part_of(Target const& target, Part const& part);
// `explored`: see Execution::explore. not_found names the steps that would have to run before `step`.
Result<void> require_cached(std::vector<StepRecord> const& explored, std::string const& step);

}  // namespace shoal::runtime
