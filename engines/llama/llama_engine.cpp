#include "engines/llama/llama_engine.h"

#include "engines/llama/header.h"
#include "engines/llama/library.h"
#include "engines/llama/model.h"
#include "engines/llama/weights.h"

namespace shoal::llama_engine {

Result<void> LlamaEngine::start() {
  start_library();
  return {};
}

Result<engine::Probe> LlamaEngine::probe(engine::ModelFile const& file) {
  auto const header = TRY(read_header(file).within("probing " + file.name));
  auto const options = TRY(context_options(file.options, header).within("probing " + file.name));
  engine::Probe probe;
  probe.metadata = to_json(header);
  probe.memory = TRY(plan_memory(file, options).within("probing " + file.name));
  return probe;
}

Result<std::unique_ptr<engine::Model>> LlamaEngine::load(engine::ModelFile const& file,
                                                         std::function<bool(double)> const& progress) {
  return LlamaModel::load(file, progress);
}

}  // namespace shoal::llama_engine
