// A prompt that fits the context with the answer that is asked for: counted first, then taken as it is,
// refused with both numbers, or cut where the call allows it and told. Any thread.
#pragma once

#include "base/result.h"
#include "engines/llama/prompt.h"
#include "engines/llama/room.h"

namespace shoal::llama_engine {

struct FittedPrompt {
  Prompt prompt;
  bool truncated = false;
};

// By the input `truncate`: nothing, start, end. Only `prompt` and the messages are cut: of messages the
// oldest are left out first, but none of the system and not the last.
Result<FittedPrompt> fit_prompt(PromptInputs const& from, Room const& room, int max_tokens);

}  // namespace shoal::llama_engine
