// The engine `llama`: language models in GGUF files. See engine.yaml.
#pragma once

#include "engine/engine.h"

namespace shoal::llama_engine {

class LlamaEngine final : public engine::Engine {
 public:
  // Sends the library's messages to the log and makes its failed assertions end the process cleanly.
  Result<void> start() override;
  // Reads the header and lets the library plan the memory; no weights are read.
  Result<engine::Probe> probe(engine::ModelFile const& file) override;
  Result<std::unique_ptr<engine::Model>> load(engine::ModelFile const& file,
                                              std::function<bool(double)> const& progress) override;
};

}  // namespace shoal::llama_engine
