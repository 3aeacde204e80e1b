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

namespace {

// To keep fewer bytes of text than that takes as long as to read them.
constexpr std::size_t kLeastConstant = 256;

Result<void> check_shape(PromptInputs const& from) {
  auto const has = [&](char const* name) { return !from.inputs[name].is_null(); };
  if (has("prompt") == has("messages")) {
    return Error(Code::invalid_argument,
                 has("prompt") ? "give `prompt` or `messages`, not both" : "give `prompt` or `messages`");
  }
  if (has("prefix") && has("messages"))
    return Error(Code::invalid_argument,
                 "`prefix` goes with `prompt`: with `messages`, write it in the first");
  if (from.inputs["raw"].as_boolean() && (has("system") || has("messages"))) {
    return Error(Code::invalid_argument,
                 "`raw` goes with `prompt` alone: without the chat template there are no roles");
  }
  return {};
}

// The same with other texts in place of the last message.
Result<Tokens> with_last_text(PromptInputs const& from, std::string const& text) {
  if (from.inputs["raw"].as_boolean()) {
    auto const special = from.inputs["special"].as_boolean() ? Special::as_token : Special::as_text;
    return text_tokens(from.vocabulary, text, special);
  }
  std::vector<Message> messages;
  if (auto const& system = from.inputs["system"]; !system.is_null())
    messages.push_back({"system", system.as_text()});
  messages.push_back({"user", text});
  return message_tokens(from, std::move(messages));
}

int common_length(Tokens const& a, Tokens const& b) {
  auto const most = static_cast<std::ptrdiff_t>(std::min(a.size(), b.size()));
  return static_cast<int>(std::mismatch(a.begin(), a.begin() + most, b.begin()).first - a.begin());
}

Result<Prompt> read_messages(PromptInputs const& from) {
  auto messages = TRY(messages_from(value::to_json(from.inputs["messages"])));
  if (auto const& text = from.inputs["system"]; !text.is_null())
    messages.insert(messages.begin(), {"system", text.as_text()});
  auto const& first = messages.front();
  bool const constant =
      first.role == "system" && first.content.size() >= kLeastConstant && messages.size() > 1;
  auto const other = constant ? std::vector<Message>{first, {"user", ""}} : std::vector<Message>();
  Prompt prompt{TRY(message_tokens(from, std::move(messages)))};
  if (constant) prompt.constant = common_length(prompt.tokens, TRY(message_tokens(from, other)));
  return prompt;
}

}  // namespace

Result<Prompt> read_prompt(PromptInputs const& from) {
  TRY(check_shape(from));
  if (from.inputs["prompt"].is_null()) return read_messages(from);
  auto const& prefix = from.inputs["prefix"].as_text();
  Prompt prompt{TRY(with_last_text(from, prefix + from.inputs["prompt"].as_text()))};
  if (prefix.size() + from.inputs["system"].as_text().size() < kLeastConstant) return prompt;
  // What is alike in both does not depend on the prompt.
  prompt.constant = common_length(prompt.tokens, TRY(with_last_text(from, prefix)));
  return prompt;
}

}  // namespace shoal::llama_engine
