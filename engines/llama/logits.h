// Arithmetic over one row of logits.
#pragma once

#include <span>

#include "engines/llama/library.h"

namespace shoal::llama_engine {

// The first of the largest. `logits` is not empty.
Token likeliest(std::span<float const> logits);

// ln Σ exp(logits), within 1e-6. NaN where a logit is.
double log_sum_exp(std::span<float const> logits);

// Natural logarithm of the token's probability under softmax.
inline double log_probability(std::span<float const> logits, Token token) {
  return static_cast<double>(logits[static_cast<std::size_t>(token)]) - log_sum_exp(logits);
}

}  // namespace shoal::llama_engine
