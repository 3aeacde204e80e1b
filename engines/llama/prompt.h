// What a call gives the model to read, as tokens. Any thread.
#pragma once

#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "engines/llama/chat_template.h"
#include "engines/llama/vocabulary.h"
#include "value/value.h"

namespace shoal::llama_engine {

// A list of {role, content}; invalid_argument names the message that is none.
Result<std::vector<Message>> messages_from(Json const& list);

// Rendered parts as the model was trained to read them, except that special tokens in messages stay text.
Result<Tokens> tokenize_parts(Vocabulary const& vocabulary, std::vector<Part> const& parts);

// As generate and score have them: `prompt` with `prefix` and `system`, or `messages`; with `raw` no roles.
struct PromptInputs {
  value::Value const& inputs;
  Vocabulary const& vocabulary;
  ChatTemplate const* chat_template;  // nullptr: the model has none
};
struct Prompt {
  Tokens tokens;
  // The first so many do not depend on `prompt`: other calls with the same `prefix` and `system`, or with the
  // same first message of the system, have them, too. 0: too few to count.
  int constant = 0;
};
Result<Prompt> read_prompt(PromptInputs const& from);
Result<Tokens> message_tokens(PromptInputs const& from, std::vector<Message> messages);
// A text alone, at the model's beginning; an empty one becomes the token that stands before any text.
Result<Tokens> text_tokens(Vocabulary const& vocabulary, std::string_view text, Special special);

}  // namespace shoal::llama_engine
