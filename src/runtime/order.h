// What a run was asked for, as the journal keeps it, so that another process can go on with it:
//   {"what": name or path of a document, "until" or "only": see part.h, "strict", "class", "inputs": as
//   blobs.h writes them, or
//    "inputs_in": {"$artifact": hash} where they are long}
#pragma once

#include <set>

#include "base/json.h"
#include "base/result.h"
#include "base/sha256.h"
#include "runtime/journal.h"
#include "runtime/runtime.h"
#include "store/artifacts.h"

namespace shoal::runtime {

Result<Json> write_order(Runtime const& runtime, std::string const& what, RunRequest const& request);
// Sets in `request` what the order says. unavailable: an input is not there any more, or another one.
Result<void> read_order(Runtime const& runtime, Json const& order, RunRequest& request);
// refused: it has ended well or goes on. unsupported: it was begun by a program that kept no order.
Result<void> require_resumable(RunRecord const& record);
// Adds the artifacts that the order needs.
void collect_artifacts(Json const& order, store::ArtifactStore const& artifacts, std::set<Sha256>& into);

}  // namespace shoal::runtime
