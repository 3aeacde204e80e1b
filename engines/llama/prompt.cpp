#include "engines/llama/prompt.h"

#include <algorithm>
#include <array>

#include "value/json.h"

namespace shoal::llama_engine {
namespace {

constexpr std::array<std::string_view, 4> kRoles = {"system", "user", "assistant", "tool"};

std::size_t count_control(Vocabulary const& vocabulary, Tokens const& tokens) {
  return static_cast<std::size_t>(
      std::count_if(tokens.begin(), tokens.end(), [&](Token token) { return vocabulary.is_control(token); }));
}

void append(Tokens& to, Tokens const& more) { to.insert(to.end(), more.begin(), more.end()); }

// Each part by itself, so that nothing typed becomes a token of the template's kind.
Result<Tokens> tokenize_apart(Vocabulary const& vocabulary, std::vector<Part> const& parts) {
  Tokens tokens;
  for (auto const& part : parts) {
    append(tokens, TRY(vocabulary.tokenize(part.text, tokens.empty() ? Place::first : Place::later,
                                           part.from_message ? Special::as_text : Special::as_token)));
  }
  return tokens;
}

// Templates that write the beginning token themselves meet tokenizers that add it.
void drop_double_beginning(Vocabulary const& vocabulary, Tokens& tokens) {
  if (tokens.size() > 1 && tokens[0] == tokens[1] && tokens[0] == vocabulary.empty_prefix())
    tokens.erase(tokens.begin());
}

}  // namespace

Result<std::vector<Message>> messages_from(Json const& list) {
  if (!list.is_array())
    return Error(Code::invalid_argument, "`messages` should be a list of {role, content}");
  std::vector<Message> messages;
  for (auto const& item : list.as_array()) {
    auto const number = "message " + std::to_string(messages.size() + 1);
    if (!item["role"].is_string() || !item["content"].is_string()) {
      return Error(Code::invalid_argument, number + " should have `role` and `content`, both texts");
    }
    auto const& role = item["role"].as_string();
    if (std::find(kRoles.begin(), kRoles.end(), role) == kRoles.end()) {
      return Error(Code::invalid_argument,
                   number + " has the role `" + role + "`; there are system, user, assistant and tool");
    }
    messages.push_back({role, item["content"].as_string()});
  }
  if (messages.empty()) return Error(Code::invalid_argument, "`messages` is empty");
  return messages;
}

Result<Tokens> tokenize_parts(Vocabulary const& vocabulary, std::vector<Part> const& parts) {
  std::string whole;
  std::size_t control = 0;
  for (auto const& part : parts) {
    whole += part.text;
    if (!part.from_message)
      control +=
          count_control(vocabulary, TRY(vocabulary.tokenize(part.text, Place::later, Special::as_token)));
  }
  auto const plain =
      TRY(vocabulary.tokenize({}, Place::first, Special::as_token));  // what the tokenizer adds
  // At one go it is just what the model was trained on, where the control tokens are the template's alone.
  auto tokens = TRY(vocabulary.tokenize(whole, Place::first, Special::as_token));
  if (count_control(vocabulary, tokens) != control + count_control(vocabulary, plain))
    tokens = TRY(tokenize_apart(vocabulary, parts));
  drop_double_beginning(vocabulary, tokens);
  return tokens;
}

Result<Tokens> text_tokens(Vocabulary const& vocabulary, std::string_view text, Special special) {
  auto tokens = TRY(vocabulary.tokenize(text, Place::first, special));
  if (!tokens.empty()) return tokens;
  auto const before = vocabulary.empty_prefix();
  if (before >= 0) return Tokens{before};
  return Error(Code::invalid_argument,
               "the text to go on from is empty, and this model has no token to begin with");
}

Result<Tokens> message_tokens(PromptInputs const& from, std::vector<Message> messages) {
  if (!from.chat_template) {
    return Error(Code::unsupported,
                 "the model has no chat template, so it takes no messages; give `prompt` with `raw: true`");
  }
  return tokenize_parts(from.vocabulary, TRY(from.chat_template->render(std::move(messages))));
}

Result<Tokens> prompt_tokens(PromptInputs const& from) {
  auto const& prompt = from.inputs["prompt"];
  auto const& system = from.inputs["system"];
  auto const& given = from.inputs["messages"];
  auto const raw = from.inputs["raw"].as_boolean();
  if (prompt.is_null() == given.is_null()) {
    return Error(Code::invalid_argument,
                 prompt.is_null() ? "give `prompt` or `messages`" : "give `prompt` or `messages`, not both");
  }
  if (raw && (!system.is_null() || !given.is_null())) {
    return Error(Code::invalid_argument,
                 "`raw` goes with `prompt` alone: without the chat template there are no roles");
  }
  if (raw) {
    auto const special = from.inputs["special"].as_boolean() ? Special::as_token : Special::as_text;
    return text_tokens(from.vocabulary, prompt.as_text(), special);
  }
  auto messages = given.is_null() ? std::vector<Message>{{"user", prompt.as_text()}}
                                  : TRY(messages_from(value::to_json(given)));
  if (!system.is_null()) messages.insert(messages.begin(), {"system", system.as_text()});
  return message_tokens(from, std::move(messages));
}

}  // namespace shoal::llama_engine
