// A model's tokens: text to tokens and back. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engines/llama/library.h"

namespace shoal::llama_engine {

using Tokens = std::vector<Token>;

// What "<|im_end|>" in a text is.
enum class Special { as_text, as_token };
// Whether the text begins what the model reads, and so gets the beginning token of models that want one.
enum class Place { first, later };

class Vocabulary {
 public:
  explicit Vocabulary(llama_vocab const& vocab);

  Result<Tokens> tokenize(std::string_view text, Place place, Special special) const;
  // Bytes, not always whole characters. Empty for control tokens.
  std::string piece(Token token) const;
  // A control token's own name ("<|im_end|>"); "" where there is no such token.
  std::string beginning() const;
  std::string end() const;
  // The token before an empty text: the beginning, else the end token; negative where there is neither.
  Token empty_prefix() const;

  bool ends_answer(Token token) const;
  // Written in a text it counts only with Special::as_token.
  bool is_control(Token token) const;
  int size() const { return size_; }
  // A text of so many bytes has at least so many tokens. Cheap: counts nothing.
  std::size_t longest_piece() const { return longest_piece_; }
  std::size_t least_tokens(std::size_t bytes) const { return bytes / longest_piece_; }
  // Tokens that the model must never give.
  std::vector<Token> const& suppressed() const { return suppressed_; }
  llama_vocab const& handle() const { return vocab_; }

 private:
  std::string name(Token token) const;

  llama_vocab const& vocab_;
  int size_;
  std::size_t longest_piece_ = 1;
  std::vector<Token> suppressed_;
};

}  // namespace shoal::llama_engine
