// What the journal keeps of values, so that a run can be traced: small ones as they are, large ones by their
// content address. Pure; any thread.
#pragma once

#include "base/json.h"
#include "runtime/target.h"
#include "value/value.h"

namespace shoal::runtime {

// A field of a record each. Scalars and short texts are themselves; a file is {"$artifact": hash,
// "media_type", "size", "name"}; anything that is long is {"$value": hash, "bytes", "begins"}.
Json describe(value::Value const& record);

// Who does what a target says: {"engine", "version", "build"} and, with a model, {"model", "model_hash",
// "model_options"}.
Json describe(OperationTarget const& target);

}  // namespace shoal::runtime
