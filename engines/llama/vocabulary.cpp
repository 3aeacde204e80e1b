#include "engines/llama/vocabulary.h"

#include <llama.h>

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>

namespace shoal::llama_engine {

Vocabulary::Vocabulary(llama_vocab const& vocab) : vocab_(vocab), size_(llama_vocab_n_tokens(&vocab)) {
  for (Token token = 0; token < size_; ++token) {
    auto const length = llama_token_to_piece(&vocab_, token, nullptr, 0, 0, true);
    longest_piece_ = std::max(longest_piece_, static_cast<std::size_t>(std::abs(length)));
  }
  std::int32_t count = 0;
  auto const* tokens = llama_vocab_get_suppress_tokens(&vocab_, &count);
  suppressed_.assign(tokens, tokens + count);
}

Result<Tokens> Vocabulary::tokenize(std::string_view text, Place place, Special special) const {
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    return Error(Code::invalid_argument, "the text has more than 2 GiB");
  }
  auto const length = static_cast<std::int32_t>(text.size());
  Tokens tokens(text.size() / 3 + 16);
  auto const fill = [&] {
    return llama_tokenize(&vocab_, text.data(), length, tokens.data(),
                          static_cast<std::int32_t>(tokens.size()), place == Place::first,
                          special == Special::as_token);
  };
  try {
    AssertionsThrow const assertions_throw;
    auto count = fill();
    if (count < 0 && count != std::numeric_limits<std::int32_t>::min()) {
      tokens.resize(static_cast<std::size_t>(-count));
      count = fill();
    }
    if (count < 0) return Error(Code::engine_failed, "the text cannot be split into tokens");
    tokens.resize(static_cast<std::size_t>(count));
    return tokens;
  } catch (std::exception const& thrown) {
    return Error(Code::engine_failed, std::string("the text cannot be split into tokens: ") + thrown.what());
  }
}

std::string Vocabulary::piece(Token token) const {
  std::array<char, 64> small;
  auto const length =
      llama_token_to_piece(&vocab_, token, small.data(), static_cast<std::int32_t>(small.size()), 0, false);
  if (length >= 0) return {small.data(), static_cast<std::size_t>(length)};
  std::string large(static_cast<std::size_t>(-length), '\0');
  llama_token_to_piece(&vocab_, token, large.data(), -length, 0, false);
  return large;
}

std::string Vocabulary::name(Token token) const {
  if (token < 0) return {};
  auto const* text = llama_vocab_get_text(&vocab_, token);
  return text ? text : "";
}

std::string Vocabulary::beginning() const { return name(llama_vocab_bos(&vocab_)); }

std::string Vocabulary::end() const { return name(llama_vocab_eos(&vocab_)); }

Token Vocabulary::empty_prefix() const {
  auto const beginning = llama_vocab_bos(&vocab_);
  return beginning >= 0 ? beginning : llama_vocab_eos(&vocab_);
}

bool Vocabulary::ends_answer(Token token) const { return llama_vocab_is_eog(&vocab_, token); }

bool Vocabulary::is_control(Token token) const {
  return (llama_vocab_get_attr(&vocab_, token) & (LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_UNKNOWN)) != 0;
}

}  // namespace shoal::llama_engine
