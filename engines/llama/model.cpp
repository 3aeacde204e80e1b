#include "engines/llama/model.h"

#include <llama.h>

#include <algorithm>
#include <cstdlib>

#include "base/log.h"
#include "engines/llama/generate.h"
#include "engines/llama/score.h"
#include "engines/llama/weights.h"

namespace shoal::llama_engine {
namespace {

// Of prefixes that are kept as files, for one model.
constexpr std::uint64_t kMostFileBytes = 256u << 20;

// What a saved prefix depends on besides its tokens. A folder is of one model file.
std::string fits(Header const& header) {
  return std::string("llama.cpp ") + llama_version() + " f16 " + to_json(header).dump();
}

Result<void> check_generates(Header const& header) {
  if (header.causal) return {};
  return Error(Code::unsupported,
               "its architecture " + header.architecture +
                   " is an encoder: it gives embeddings, and can neither generate nor score");
}

Result<void> check_generates(llama_model const& model) {
  if (llama_vocab_type(llama_model_get_vocab(&model)) == LLAMA_VOCAB_TYPE_NONE)
    return Error(Code::unsupported, "it has no tokenizer, so it can read no text");
  if (llama_model_has_decoder(&model) && !llama_model_has_encoder(&model) &&
      !llama_model_is_diffusion(&model))
    return {};
  return Error(Code::unsupported,
               "its architecture is no decoder-only language model, which is all this engine runs");
}

Result<std::unique_ptr<ChatTemplate>> read_template(Header const& header, Vocabulary const& vocabulary) {
  if (header.chat_template.empty()) return std::unique_ptr<ChatTemplate>();
  return ChatTemplate::parse(header.chat_template, vocabulary.beginning(), vocabulary.end());
}

// Of no texts.
engine::Reply no_scores() {
  return {value::Value::record({{"scores", value::Value::List{}}}),
          Json::object({{"tokens_in", 0}, {"tokens_out", 0}, {"tokens_reused", 0}})};
}

}  // namespace

Result<std::unique_ptr<engine::Model>> LlamaModel::load(engine::ModelFile const& file,
                                                        std::function<bool(double)> const& progress) {
  auto header = TRY(read_header(file));
  auto const options = TRY(context_options(file.options, header));
  TRY(check_generates(header));
  TRY(check_memory(file, header, options));
  auto weights = TRY(load_weights(file, progress));
  TRY(check_generates(*weights));
  auto context = TRY(make_context(*weights, options));
  return std::unique_ptr<engine::Model>(
      new LlamaModel(std::move(header), std::move(weights), std::move(context), file.folder));
}

LlamaModel::LlamaModel(Header header, ModelHandle weights, ContextHandle context, std::string const& folder)
    : header_(std::move(header)),
      weights_(std::move(weights)),
      vocabulary_(*llama_model_get_vocab(weights_.get())),
      chat_template_(read_template(header_, vocabulary_)),
      compute_(std::move(context)),
      store_(kMostPrefixBytes),
      folder_(folder, fits(header_), kMostFileBytes),
      sequences_(compute_, store_, folder_, kMostSequences),
      batch_(compute_, sequences_, static_cast<int>(header_.layers)) {}

engine::Memory LlamaModel::memory() const {
  auto memory = compute_.memory();
  memory.prefixes = store_.bytes();
  return memory;
}

Result<engine::Reply> LlamaModel::call(engine::Call const& call, engine::CallContext& context) {
  if (call.operation == "generate") return generate(call, context);
  if (call.operation == "score") return score(call, context);
  if (call.operation == "count") return count(call.inputs, context);
  return Error(Code::not_found, "llama has no operation `" + call.operation + "`");
}

// A call has the room that it was promised, also where others made the context larger: what is refused or cut
// does not depend on them.
Room LlamaModel::room_for(engine::Call const& call) const {
  auto const capacity = static_cast<std::int64_t>(compute_.capacity());
  return {call.length > 0 ? std::min(call.length, capacity) : capacity, header_.context_length};
}

Result<void> LlamaModel::grow(Json const& options) {
  auto const wanted = TRY(context_options(options, header_));
  if (wanted.tokens <= compute_.capacity()) return {};
  Result<void> grown;
  batch_.pause([&] { grown = renew_context(wanted); });
  return grown;
}

// The old one goes first, so that both are never there together.
Result<void> LlamaModel::renew_context(ContextOptions const& options) {
  ContextOptions const old{compute_.capacity()};
  sequences_.settle({});
  Result<void> outcome;
  compute_.replace([&] {
    auto context = make_context(*weights_, options);
    if (context) return std::move(*context);
    outcome = context.error();
    context = make_context(*weights_, old);
    if (context) return std::move(*context);
    // What is no model any more ends, so that another worker loads it.
    log_error("the old context cannot be made again: " + context.error().message());
    std::abort();
  });
  return outcome;
}

// A template that cannot be read matters only to calls with roles.
Result<PromptInputs> LlamaModel::prompt_inputs(value::Value const& inputs) const {
  auto const wants_roles =
      !inputs["messages"].is_null() || (!inputs["prompt"].is_null() && !inputs["raw"].as_boolean());
  if (!chat_template_ && wants_roles) return Error(chat_template_.error());
  return PromptInputs{inputs, vocabulary_, chat_template_ ? chat_template_->get() : nullptr};
}

Result<engine::Reply> LlamaModel::generate(engine::Call const& call, engine::CallContext& context) {
  auto request = TRY(generate_request(TRY(prompt_inputs(call.inputs)), room_for(call)));
  Outlet outlet;
  auto const work = TRY(GenerateWork::create(std::move(request), vocabulary_, folder_, outlet, context));
  return batch_.run(*work, outlet, context);
}

Result<engine::Reply> LlamaModel::score(engine::Call const& call, engine::CallContext& context) {
  auto const request = TRY(score_request(TRY(prompt_inputs(call.inputs)), room_for(call)));
  if (request.prefixes.empty() || request.continuations.empty()) return no_scores();
  ScoreWork work(request, context);
  Outlet outlet;
  return batch_.run(work, outlet, context);
}

Result<engine::Reply> LlamaModel::count(value::Value const& inputs, engine::CallContext&) {
  auto const special = inputs["special"].as_boolean() ? Special::as_token : Special::as_text;
  auto const tokens = TRY(vocabulary_.tokenize(inputs["text"].as_text(), Place::later, special));
  return engine::Reply{value::Value::record({{"tokens", tokens.size()}}),
                       Json::object({{"tokens_in", tokens.size()}})};
}

}  // namespace shoal::llama_engine
