// The operation `score`: see engine.yaml. Nothing is generated; each text is read once.
//
// Scores compare only if their texts were evaluated alike. Continuations of one prefix share its evaluation
// and are read in batches that take one path through the attention kernel, so they compare exactly (measured
// for short ones). Many prefixes are each read by themselves from an empty context, so a score does not
// depend on the other prefixes of the call.
#pragma once

#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "engines/llama/compute.h"
#include "engines/llama/prompt.h"
#include "engines/llama/resident.h"
#include "engines/llama/room.h"

namespace shoal::llama_engine {

struct ScoreRequest {
  bool many_prefixes = false;  // for one continuation; else one prefix for many continuations
  std::vector<Tokens> prefixes;
  std::vector<Tokens> continuations;  // none is empty
};
Result<ScoreRequest> score_request(PromptInputs const& from, Room const& room);

// In the call's turn.
Result<engine::Reply> score(ScoreRequest const& request, Compute& compute, Resident& resident,
                            engine::CallContext& context);

}  // namespace shoal::llama_engine
