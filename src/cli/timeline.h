// What of a run happened when, for `shoal show RUN --timeline`. Pure; any thread.
#pragma once

#include <string>

#include "base/json.h"
#include "cli/provenance.h"

namespace shoal::cli {

// A line for each call of an engine: a bar of `bar_width` characters over the time of the run, how long it
// ran, what it waited for, and by which worker.
std::string timeline(Trace const& trace, int bar_width);

// {"run", "name", "state", "started", "seconds", "steps": [{"step", "callable", "state", "start_seconds",
// "queue_seconds", "load_seconds", "cores_seconds", "run_seconds", "worker", "cores"}]}
Json timeline_document(Trace const& trace);

}  // namespace shoal::cli
