// The operation `generate`: see engine.yaml.
#pragma once

#include "base/result.h"
#include "engine/engine.h"
#include "engines/llama/compute.h"
#include "engines/llama/prompt.h"
#include "engines/llama/resident.h"
#include "engines/llama/room.h"
#include "engines/llama/sampler.h"

namespace shoal::llama_engine {

// Inputs that are read and found good, so that a call fails before its turn.
struct GenerateRequest {
  Tokens prompt;
  Sampling sampling;
  int max_tokens = 0;
  std::vector<std::string> stops;
  bool has_schema = false;
  bool deterministic = false;
  bool probabilities = false;
};
Result<GenerateRequest> generate_request(PromptInputs const& from, Room const& room);

// In the call's turn. Chunks of `text` go out as they come.
Result<engine::Reply> generate(GenerateRequest const& request, Vocabulary const& vocabulary, Compute& compute,
                               Resident& resident, engine::CallContext& context);

}  // namespace shoal::llama_engine
