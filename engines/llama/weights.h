// A model's weights in memory, and what a context over them costs.
#pragma once

#include <functional>

#include "base/result.h"
#include "engine/engine.h"
#include "engines/llama/header.h"
#include "engines/llama/library.h"

namespace shoal::llama_engine {

// Rows that one evaluation takes at most: what makes a lone prompt be read at full speed.
constexpr int kMostRows = 512;
// Below 64 rows, and above one, the attention kernel takes one and the same path whatever their number.
constexpr int kAlikeRows = 63;
// Rows of one evaluation that may ask for logits; they cost a whole vocabulary each.
constexpr int kMostOutputs = 64;
static_assert(kAlikeRows <= kMostOutputs);
// Sequences of one context, in use and kept.
constexpr int kMostSequences = 64;

// Of prefixes that are kept in memory, beside the context.
constexpr std::uint64_t kMostPrefixBytes = 64u << 20;

// `progress` as in Engine::load; cancelled when it said stop.
Result<ModelHandle> load_weights(engine::ModelFile const& file, std::function<bool(double)> const& progress);

// A context of options.tokens cells, shared by all sequences.
Result<ContextHandle> make_context(llama_model& model, ContextOptions const& options);

// The same model and context planned without their memory.
Result<engine::Memory> plan_memory(engine::ModelFile const& file, ContextOptions const& options);

// out_of_memory where file.memory_bytes says that the machine cannot hold it.
Result<void> check_memory(engine::ModelFile const& file, Header const& header, ContextOptions const& options);

engine::Memory memory_of(llama_context const& context);

}  // namespace shoal::llama_engine
