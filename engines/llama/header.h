// What a GGUF file says about itself, read without its weights.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "engine/engine.h"

namespace shoal::llama_engine {

struct Header {
  std::string architecture;
  std::string name;
  std::int64_t context_length = 0;  // trained
  std::int64_t layers = 0;
  std::int64_t width = 0;  // of an embedding
  std::int64_t heads = 0;
  std::int64_t vocabulary = 0;  // tokens
  std::int64_t tensors = 0;
  std::uint64_t tensor_bytes = 0;
  std::int64_t parts = 1;     // files that the model is split into
  bool causal = true;         // false: an encoder, which cannot generate
  std::string chat_template;  // Jinja, empty: none
};

// invalid_argument says what is wrong with the file; unsupported names what this engine cannot run.
Result<Header> read_header(engine::ModelFile const& file);
Json to_json(Header const& header);

// How a model's context is made. Fixed for the model's life.
struct ContextOptions {
  std::int64_t tokens = 4096;
};
// From the load's options: {"context": tokens}. Default: what was trained, 4096 at most.
Result<ContextOptions> context_options(Json const& options, Header const& header);

}  // namespace shoal::llama_engine
