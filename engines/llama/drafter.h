// Guesses how an answer goes on where it repeats its prompt, as corrections and edits do. A guess costs a row
// for each token and saves a step for each that comes true, so it is made only as long as it pays. Used by
// the thread of the batch.
#pragma once

#include <optional>
#include <span>

#include "engines/llama/vocabulary.h"

namespace shoal::llama_engine {

class Drafter {
 public:
  // `prompt` outlives it.
  explicit Drafter(Tokens const& prompt) : prompt_(prompt) {}

  // At most `most` tokens that may follow the answer as it is; often none.
  std::span<Token const> guess(int most);
  // How many of the last guess came true, before these are added; in a step that so many calls that write
  // shared.
  void judge(int guessed, int right, int sharing = 1);
  // The next token of the answer.
  void add(Token token);

 private:
  static constexpr int kShortest = 3, kLongest = 16, kFirstPause = 16, kLongestPause = 256;

  bool ends_at(std::size_t place, std::size_t length) const;
  std::optional<std::size_t> place_near(std::size_t length, std::size_t reach) const;
  void find_place();

  Tokens const& prompt_;
  Tokens answer_;
  std::size_t place_ = 0;   // of the prompt, that is expected to come next
  bool follows_ = false;    // the answer's last token is the one before it
  int length_ = kShortest;  // of the next guess
  double credit_ = 0;       // what guesses saved lately, in steps
  int pause_ = 0;           // tokens without a guess
  int next_pause_ = kFirstPause;
};

}  // namespace shoal::llama_engine
