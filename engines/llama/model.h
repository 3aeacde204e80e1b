// A loaded GGUF model: its operations, many at once over one context. Owned by the SDK; any thread may call.
#pragma once

#include <memory>

#include "engine/engine.h"
#include "engines/llama/batch_loop.h"
#include "engines/llama/compute.h"
#include "engines/llama/header.h"
#include "engines/llama/prefix_folder.h"
#include "engines/llama/prefix_store.h"
#include "engines/llama/prompt.h"
#include "engines/llama/room.h"
#include "engines/llama/sequences.h"

namespace shoal::llama_engine {

class LlamaModel final : public engine::Model {
 public:
  // unsupported where the file is an encoder or otherwise cannot generate. A chat template that cannot be
  // read is no reason to fail: the first call with messages says so.
  static Result<std::unique_ptr<engine::Model>> load(engine::ModelFile const& file,
                                                     std::function<bool(double)> const& progress);

  Result<engine::Reply> call(engine::Call const& call, engine::CallContext& context) override;
  void set_cores(int cores) override { compute_.set_cores(cores); }
  // The weights stay; what the old context held of prompts is kept as bytes.
  Result<void> grow(Json const& options) override;
  engine::Memory memory() const override;

 private:
  LlamaModel(Header header, ModelHandle weights, ContextHandle context, std::string const& folder);

  Result<engine::Reply> generate(engine::Call const& call, engine::CallContext& context);
  Result<engine::Reply> score(engine::Call const& call, engine::CallContext& context);
  Result<engine::Reply> count(value::Value const& inputs, engine::CallContext& context);
  Result<PromptInputs> prompt_inputs(value::Value const& inputs) const;
  Room room_for(engine::Call const& call) const;
  Result<void> renew_context(ContextOptions const& options);

  Header header_;
  ModelHandle weights_;
  Vocabulary vocabulary_;
  Result<std::unique_ptr<ChatTemplate>> chat_template_;  // null: the file has none
  Compute compute_;
  PrefixStore store_;
  PrefixFolder folder_;
  Sequences sequences_;
  BatchLoop batch_;  // ends first
};

}  // namespace shoal::llama_engine
