// What a run was made of, for people and as JSON.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "runtime/journal.h"

namespace shoal::cli {

struct TracedStep {
  runtime::StepRecord step;
  std::string first_run;  // of what the cache gave: the run that made it, where it is known
};

struct Trace {
  runtime::RunRecord run;
  std::vector<TracedStep> steps;
  std::vector<std::string> reasons;  // why each ran, as runtime::reasons_to_run says
};

// Steps that the cache answered get what the journal knows of the step that made the answer.
Result<Trace> trace_run(runtime::Journal& journal, runtime::RunRecord const& run);

enum class Detail { steps, provenance };
std::string describe(Trace const& trace, Detail detail);
Json to_json(Trace const& trace, Detail detail);

}  // namespace shoal::cli
