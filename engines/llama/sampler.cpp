#include "engines/llama/sampler.h"

#include <llama.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <numeric>

#include "engines/llama/logits.h"

namespace shoal::llama_engine {
namespace {

constexpr float kImpossible = -std::numeric_limits<float>::infinity();
constexpr Token kNone = -1;

SamplerHandle make_chain(Sampling const& sampling) {
  if (sampling.temperature <= 0) return nullptr;
  SamplerHandle chain(llama_sampler_chain_init(llama_sampler_chain_default_params()));
  auto const add = [&](llama_sampler* part) { llama_sampler_chain_add(chain.get(), part); };
  if (sampling.top_k > 0) add(llama_sampler_init_top_k(sampling.top_k));
  if (sampling.top_p < 1) add(llama_sampler_init_top_p(static_cast<float>(sampling.top_p), 1));
  if (sampling.min_p > 0) add(llama_sampler_init_min_p(static_cast<float>(sampling.min_p), 1));
  add(llama_sampler_init_temp(static_cast<float>(sampling.temperature)));
  add(llama_sampler_init_dist(sampling.seed));
  return chain;
}

std::vector<llama_token_data> candidates_of(std::span<float const> logits) {
  std::vector<llama_token_data> candidates(logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i) candidates[i] = {static_cast<Token>(i), logits[i], 0};
  return candidates;
}

llama_token_data_array as_array(std::vector<llama_token_data>& candidates) {
  return {candidates.data(), candidates.size(), -1, false};
}

// Of those the grammar left possible; kNone where it left none.
Token likeliest_of(std::vector<llama_token_data> const& candidates) {
  llama_token_data best{kNone, kImpossible, 0};
  for (auto const& candidate : candidates) {
    if (candidate.logit > best.logit || (candidate.logit == best.logit && candidate.id < best.id))
      best = candidate;
  }
  return best.id;
}

}  // namespace

Sampler::Sampler(Vocabulary const& vocabulary, SamplerHandle chain, SamplerHandle grammar)
    : vocabulary_(vocabulary), chain_(std::move(chain)), grammar_(std::move(grammar)) {}

Result<std::unique_ptr<Sampler>> Sampler::create(Vocabulary const& vocabulary, Sampling const& sampling) {
  SamplerHandle grammar;
  if (!sampling.grammar.empty()) {
    forget_library_error();
    grammar.reset(llama_sampler_init_grammar(&vocabulary.handle(), sampling.grammar.c_str(), "root"));
    if (!grammar) {
      return Error(Code::invalid_argument, "the schema makes a grammar that llama.cpp refuses: " +
                                               library_error("it does not say why"));
    }
  }
  return std::unique_ptr<Sampler>(new Sampler(vocabulary, make_chain(sampling), std::move(grammar)));
}

bool Sampler::grammar_allows(Token token) const {
  llama_token_data one{token, 1, 0};
  llama_token_data_array array{&one, 1, -1, false};
  llama_sampler_apply(grammar_.get(), &array);
  return one.logit != kImpossible;
}

// The grammar is asked about few tokens before it is asked about all: a whole vocabulary takes it
// milliseconds.
Token Sampler::likeliest_within_grammar(std::span<float const> logits) {
  constexpr std::size_t kFew = 64;
  auto candidates = candidates_of(logits);
  auto const few = std::min(kFew, candidates.size());
  std::nth_element(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(few - 1),
                   candidates.end(), [](auto const& a, auto const& b) { return a.logit > b.logit; });
  std::vector<llama_token_data> first(candidates.begin(),
                                      candidates.begin() + static_cast<std::ptrdiff_t>(few));
  for (auto* tried : {&first, &candidates}) {
    auto array = as_array(*tried);
    llama_sampler_apply(grammar_.get(), &array);
    if (auto const best = likeliest_of(*tried); best != kNone) return best;
  }
  return kNone;
}

Token Sampler::pick_within_grammar(std::span<float const> logits) {
  if (!chain_) return likeliest_within_grammar(logits);
  auto candidates = candidates_of(logits);
  auto array = as_array(candidates);
  llama_sampler_apply(grammar_.get(), &array);
  if (likeliest_of(candidates) == kNone) return kNone;
  llama_sampler_apply(chain_.get(), &array);
  return array.data[array.selected].id;
}

Token Sampler::pick(std::span<float const> logits) {
  if (!chain_) return likeliest(logits);
  auto candidates = candidates_of(logits);
  auto array = as_array(candidates);
  llama_sampler_apply(chain_.get(), &array);
  return array.data[array.selected].id;
}

Result<Sampler::Choice> Sampler::choose(std::span<float> logits) {
  for (auto const token : vocabulary_.suppressed()) logits[static_cast<std::size_t>(token)] = kImpossible;
  auto const total = log_sum_exp(logits);
  if (!std::isfinite(total))
    return Error(Code::engine_failed, "the model computed numbers that are none (NaN): its file is damaged");
  try {
    auto token = pick(logits);
    if (grammar_ && !grammar_allows(token)) token = pick_within_grammar(logits);
    if (token == kNone)
      return Error(Code::engine_failed, "the schema allows no token of this model to come next");
    if (grammar_) llama_sampler_accept(grammar_.get(), token);
    return Choice{token, static_cast<double>(logits[static_cast<std::size_t>(token)]) - total};
  } catch (std::exception const& thrown) {
    return Error(Code::engine_failed, std::string("the grammar of the schema failed: ") + thrown.what());
  }
}

}  // namespace shoal::llama_engine
