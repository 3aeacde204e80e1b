// Chooses the next token from logits, within a grammar where there is one. Made for one answer, used by one
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engines/llama/library.h"
#include "engines/llama/vocabulary.h"

namespace shoal::llama_engine {

struct Sampling {
  double temperature = 0;  // 0: the likeliest, and the others do not matter
  int top_k = 40;          // 0: off
  double top_p = 0.95;
  double min_p = 0.05;
  std::uint32_t seed = 0;
  std::string grammar;  // GBNF with the root `root`; empty: none
};

class Sampler {
 public:
  static Result<std::unique_ptr<Sampler>> create(Vocabulary const& vocabulary, Sampling const& sampling);

  struct Choice {
    Token token = 0;
    // By the model alone: at temperature 1, without the grammar. A grammar that forces a token shows here.
    double log_probability = 0;
  };
  // Chooses, and takes the token as the answer's next. Overwrites what is in `logits`.
  Result<Choice> choose(std::span<float> logits);

 private:
  Sampler(Vocabulary const& vocabulary, SamplerHandle chain, SamplerHandle grammar);
  Token pick(std::span<float const> logits);
  Token pick_within_grammar(std::span<float const> logits);
  Token likeliest_within_grammar(std::span<float const> logits);
  bool grammar_allows(Token token) const;

  Vocabulary const& vocabulary_;
  SamplerHandle chain_;    // null at temperature 0
  SamplerHandle grammar_;  // null without one
};

}  // namespace shoal::llama_engine
