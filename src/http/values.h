// The result of a run as JSON.
#pragma once

#include "base/json.h"
#include "runtime/blobs.h"
#include "runtime/runtime.h"

namespace shoal::http {

// {"run", "outputs" or "error", "checks_failed", "route", "ledger"}
Json to_json(runtime::RunResult const& result, runtime::Blobs& blobs);
runtime::RunResult result_of(Json const& document, runtime::Blobs& blobs);

}  // namespace shoal::http
