#include "engines/llama/weights.h"

#include <llama.h>

#include <algorithm>
#include <exception>
#include <map>
#include <vector>

#include "base/text.h"
#include "engines/llama/file.h"

// The library's own account of its buffers. It stands in src/llama-ext.h, which is not installed; the source
// is pinned, and a test compares the sums with the file's size and the cache's arithmetic.
struct llama_memory_breakdown_data {
  size_t model = 0;
  size_t context = 0;
  size_t compute = 0;
};
std::map<ggml_backend_buffer_type_t, llama_memory_breakdown_data> llama_get_memory_breakdown(
    llama_context const* context);

namespace shoal::llama_engine {
namespace {

struct Watch {
  std::function<bool(double)> const& progress;
  double told = -1;
  bool stopped = false;

  bool go_on(double done) {
    // Called for each tensor: a message for each per cent is enough.
    if (done < 1 && done < told + 0.01) return !stopped;
    told = done;
    stopped = stopped || !progress(done);
    return !stopped;
  }
};

Error cannot_load(std::string const& why) {
  return Error(Code::invalid_argument, "llama.cpp cannot load it: " + why);
}

Error cancelled() { return Error(Code::cancelled, "the load was cancelled"); }

Result<ModelHandle> load_from(engine::ModelFile const& file, llama_model_params params, Watch& watch) {
  auto const stream = TRY(open_stream(file));
  std::vector<char const*> parts;
  for (auto const& part : file.parts) parts.push_back(part.c_str());
  params.progress_callback = [](float done, void* data) { return static_cast<Watch*>(data)->go_on(done); };
  params.progress_callback_user_data = &watch;
  forget_library_error();
  ModelHandle model;
  try {
    AssertionsThrow const assertions_throw;
    model.reset(parts.empty() ? llama_model_load_from_file_ptr(stream.get(), params)
                              : llama_model_load_from_splits(parts.data(), parts.size(), params));
  } catch (std::exception const& thrown) {
    return cannot_load(thrown.what());
  }
  if (watch.stopped) return cancelled();
  if (model) return model;
  return cannot_load(library_error("it does not say why"));
}

}  // namespace

Result<ModelHandle> load_weights(engine::ModelFile const& file, std::function<bool(double)> const& progress) {
  Watch watch{progress};
  return load_from(file, llama_model_default_params(), watch);
}

Result<ContextHandle> make_context(llama_model& model, ContextOptions const& options) {
  auto params = llama_context_default_params();
  params.n_ctx = static_cast<std::uint32_t>(options.tokens);
  params.n_batch = params.n_ubatch =
      static_cast<std::uint32_t>(std::min<std::int64_t>(kMostRows, options.tokens));
  params.n_seq_max = kMostSequences;
  params.n_outputs_max = kMostOutputs;
  params.kv_unified = true;
  params.no_perf = true;
  forget_library_error();
  ContextHandle context;
  try {
    AssertionsThrow const assertions_throw;
    context.reset(llama_init_from_model(&model, params));
  } catch (std::exception const& thrown) {
    return cannot_load(thrown.what());
  }
  if (context) return context;
  return Error(Code::out_of_memory, "no context of " + std::to_string(options.tokens) +
                                        " tokens: " + library_error("llama.cpp does not say why"));
}

Result<engine::Memory> plan_memory(engine::ModelFile const& file, ContextOptions const& options) {
  auto params = llama_model_default_params();
  params.no_alloc = true;
  params.load_mode = LLAMA_LOAD_MODE_NONE;
  std::function<bool(double)> const go_on = [](double) { return true; };
  Watch watch{go_on};
  auto const model = TRY(load_from(file, params, watch));
  auto const context = TRY(make_context(*model, options));
  auto memory = memory_of(*context);
  memory.prefixes = kMostPrefixBytes;
  return memory;
}

Result<void> check_memory(engine::ModelFile const& file, Header const& header,
                          ContextOptions const& options) {
  if (!file.memory_bytes) return {};
  // More than enough, for any architecture: all heads in the cache, and half a GiB to compute with. The exact
  // plan reads the whole vocabulary, which takes as long as a small model's load.
  constexpr std::uint64_t kCompute = 512u << 20;
  auto const cache = 8 * static_cast<std::uint64_t>(header.layers) *
                     static_cast<std::uint64_t>(header.width) * static_cast<std::uint64_t>(options.tokens);
  if (header.tensor_bytes + cache + kCompute <= *file.memory_bytes) return {};
  auto const memory = TRY(plan_memory(file, options));
  auto const needed = memory.weights + memory.cache + memory.compute + memory.other;
  if (needed <= *file.memory_bytes) return {};
  return Error(Code::out_of_memory,
               "it needs " + human_bytes(needed) + " of memory (weights " + human_bytes(memory.weights) +
                   ", a context of " + std::to_string(options.tokens) + " tokens " +
                   human_bytes(memory.cache) + ", computing " + human_bytes(memory.compute + memory.other) +
                   "), and " + human_bytes(*file.memory_bytes) +
                   " can be had: end other programs, or take a smaller model or a smaller `context`");
}

engine::Memory memory_of(llama_context const& context) {
  engine::Memory memory;
  for (auto const& [type, bytes] : llama_get_memory_breakdown(&context)) {
    memory.weights += bytes.model;
    memory.cache += bytes.context;
    memory.compute += bytes.compute;
  }
  auto const* vocabulary = llama_model_get_vocab(llama_get_model(&context));
  auto const logits = sizeof(float) * static_cast<std::uint64_t>(llama_vocab_n_tokens(vocabulary));
  memory.other = kMostOutputs * logits;
  return memory;
}

}  // namespace shoal::llama_engine
