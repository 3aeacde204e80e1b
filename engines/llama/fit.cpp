#include "engines/llama/fit.h"

#include <algorithm>

#include "base/text.h"

namespace shoal::llama_engine {
namespace {

using value::Value;

// A text that is cut is split into other tokens than before, seldom many more.
constexpr int kMostCuts = 4;

std::size_t bytes_of(Value const& value) {
  if (value.is_text()) return value.as_text().size();
  std::size_t bytes = 0;
  for (auto const& item : value.as_list()) bytes += bytes_of(item);
  for (auto const& [name, field] : value.as_record()) bytes += bytes_of(field);
  return bytes;
}

std::size_t bytes_of_prompt(Value const& inputs) {
  std::size_t bytes = 0;
  for (auto const* name : {"prefix", "prompt", "system", "messages"}) bytes += bytes_of(inputs[name]);
  return bytes;
}

// The first or the last so many bytes, without halves of characters.
std::string part_of(std::string const& text, std::size_t bytes, bool start_is_cut) {
  bytes = std::min(bytes, text.size());
  auto const continues = [&](std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
  };
  if (start_is_cut) {
    auto begin = text.size() - bytes;
    while (continues(begin)) ++begin;
    return text.substr(begin);
  }
  while (bytes > 0 && continues(bytes)) --bytes;
  return text.substr(0, bytes);
}

// The text with `over` tokens less; empty where it has no more.
Result<std::string> shortened(Vocabulary const& vocabulary, std::string const& text, std::int64_t over,
                              bool start_is_cut) {
  auto const tokens = TRY(vocabulary.tokenize(text, Place::later, Special::as_text));
  auto const size = static_cast<std::int64_t>(tokens.size());
  if (over >= size) return std::string();
  auto const kept = size - over;
  std::size_t bytes = 0;
  for (std::int64_t i = 0; i < kept; ++i)
    bytes += vocabulary.piece(tokens[static_cast<std::size_t>(start_is_cut ? size - 1 - i : i)]).size();
  return part_of(text, bytes, start_is_cut);
}

// Leaves out the oldest message that may be; false where none may.
bool leave_one_out(Value::List& messages) {
  auto const oldest = std::find_if(messages.begin(), messages.end(), [](Value const& message) {
    return !(message["role"] == Value("system"));
  });
  if (oldest == messages.end() || oldest + 1 == messages.end()) return false;
  messages.erase(oldest);
  return true;
}

// The inputs with a prompt that is about `over` tokens shorter.
Result<Value> cut(Vocabulary const& vocabulary, Value const& inputs, std::int64_t over, bool start_is_cut) {
  if (!inputs["prompt"].is_null()) {
    return inputs.with("prompt", TRY(shortened(vocabulary, inputs["prompt"].as_text(), over, start_is_cut)));
  }
  auto messages = inputs["messages"].as_list();
  if (leave_one_out(messages)) return inputs.with("messages", std::move(messages));
  auto const text = TRY(shortened(vocabulary, messages.back()["content"].as_text(), over, start_is_cut));
  messages.back() = messages.back().with("content", text);
  return inputs.with("messages", std::move(messages));
}

// So that a text far too long is not split into tokens: more bytes than that cannot fit.
Value without_excess(PromptInputs const& from, Room const& room, bool start_is_cut) {
  auto const most = static_cast<std::size_t>(room.available) * from.vocabulary.longest_piece();
  auto const& prompt = from.inputs["prompt"];
  if (!prompt.is_text() || prompt.as_text().size() <= most) return from.inputs;
  return from.inputs.with("prompt", part_of(prompt.as_text(), most, start_is_cut));
}

}  // namespace

Result<FittedPrompt> fit_prompt(PromptInputs const& from, Room const& room, int max_tokens) {
  auto const& how = from.inputs["truncate"];
  bool const may_cut = how.is_text() && how.as_text() != "nothing";
  if (!may_cut) {
    TRY(room.check_bytes(from.vocabulary, bytes_of_prompt(from.inputs), "the prompt"));
    FittedPrompt fitted{TRY(read_prompt(from))};
    TRY(room.check(static_cast<std::int64_t>(fitted.prompt.tokens.size()), max_tokens, "the prompt"));
    return fitted;
  }
  bool const start_is_cut = how.as_text() == "start";
  auto inputs = without_excess(from, room, start_is_cut);
  auto const most_cuts = kMostCuts + static_cast<int>(inputs["messages"].as_list().size());
  for (int cuts = 0;; ++cuts) {
    FittedPrompt fitted{TRY(read_prompt({inputs, from.vocabulary, from.chat_template})),
                        !(inputs == from.inputs)};
    auto const size = static_cast<std::int64_t>(fitted.prompt.tokens.size());
    auto const over = size + max_tokens - room.available;
    if (over <= 0) return fitted;
    if (cuts == most_cuts) TRY(room.check(size, max_tokens, "the prompt, of which nothing more may be cut,"));
    inputs = TRY(cut(from.vocabulary, inputs, over, start_is_cut));
  }
}

}  // namespace shoal::llama_engine
