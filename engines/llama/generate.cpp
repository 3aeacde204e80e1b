#include "engines/llama/generate.h"

#include <algorithm>

#include "engines/llama/schema.h"
#include "value/json.h"

namespace shoal::llama_engine {
namespace {

using value::Value;

std::size_t bytes_of(Value const& value) {
  if (value.is_text()) return value.as_text().size();
  std::size_t bytes = 0;
  for (auto const& item : value.as_list()) bytes += bytes_of(item);
  for (auto const& [name, field] : value.as_record()) bytes += bytes_of(field);
  return bytes;
}

double milliseconds(Duration duration) { return seconds(duration) * 1e3; }

Sampling sampling_of(Value const& inputs) {
  Sampling sampling;
  sampling.temperature = inputs["temperature"].as_number(0);
  sampling.top_k = static_cast<int>(std::clamp<std::int64_t>(inputs["top_k"].as_integer(40), 0, 1'000'000));
  sampling.top_p = inputs["top_p"].as_number(0.95);
  sampling.min_p = inputs["min_p"].as_number(0.05);
  sampling.seed = static_cast<std::uint32_t>(inputs["seed"].as_integer(0));
  return sampling;
}

Answer::Shape shape_of(Value const& inputs) {
  Answer::Shape shape;
  shape.max_tokens =
      static_cast<int>(std::clamp<std::int64_t>(inputs["max_tokens"].as_integer(512), 1, 1'000'000));
  for (auto const& stop : inputs["stop"].as_list()) shape.stops.push_back(stop.as_text());
  shape.json = !inputs["schema"].is_null();
  shape.probabilities = inputs["probabilities"].as_boolean();
  return shape;
}

}  // namespace

Result<GenerateRequest> generate_request(PromptInputs const& from, Room const& room) {
  auto const& inputs = from.inputs;
  TRY(room.check_bytes(from.vocabulary,
                       bytes_of(inputs["prompt"]) + bytes_of(inputs["system"]) + bytes_of(inputs["messages"]),
                       "the prompt"));
  GenerateRequest request;
  request.prompt = TRY(prompt_tokens(from));
  request.shape = shape_of(inputs);
  TRY(room.check(static_cast<std::int64_t>(request.prompt.size()), request.shape.max_tokens, "the prompt"));
  request.sampling = sampling_of(inputs);
  if (request.shape.json) request.sampling.grammar = TRY(grammar_of_schema(value::to_json(inputs["schema"])));
  request.deterministic = inputs["deterministic"].as_boolean();
  return request;
}

Result<std::unique_ptr<GenerateWork>> GenerateWork::create(GenerateRequest request,
                                                           Vocabulary const& vocabulary, Outlet& outlet,
                                                           engine::CallContext& context) {
  auto sampler = TRY(Sampler::create(vocabulary, request.sampling));
  return std::unique_ptr<GenerateWork>(
      new GenerateWork(std::move(request), vocabulary, std::move(sampler), outlet, context));
}

GenerateWork::GenerateWork(GenerateRequest request, Vocabulary const& vocabulary,
                           std::unique_ptr<Sampler> sampler, Outlet& outlet, engine::CallContext& context)
    : prompt_(std::move(request.prompt)),
      max_tokens_(request.shape.max_tokens),
      deterministic_(request.deterministic),
      sampler_(std::move(sampler)),
      answer_(vocabulary, std::move(request.shape)),
      outlet_(outlet),
      context_(context) {}

Work::Phase GenerateWork::phase() const {
  if (answer_.ended()) return Phase::done;
  return prompt_.done() ? Phase::generating : Phase::reading;
}

int GenerateWork::cells_to_come() const {
  return prompt_.size() - prompt_.read() + max_tokens_ - answer_.generated();
}

Result<void> GenerateWork::join(Sequences& sequences) {
  joined_ = clock_.now();
  return prompt_.join(sequences, deterministic_ ? PromptReader::Reuse::none : PromptReader::Reuse::all);
}

void GenerateWork::plan(Step& step, Sequences& sequences) {
  if (!prompt_.done()) return prompt_.plan(step, sequences);
  if (step.rows_left() == 0 || step.outputs_left() == 0) return;
  row_ = step.rows.add(next_, sequences.length(prompt_.sequence()), prompt_.sequence(), Rows::Logits::wanted);
}

Result<void> GenerateWork::take(Compute const& compute, Sequences& sequences) {
  if (!prompt_.done()) return take_prompt(compute, sequences);
  sequences.grew(prompt_.sequence(), {&next_, 1});
  return choose(compute.logits(row_));
}

Result<void> GenerateWork::take_prompt(Compute const& compute, Sequences& sequences) {
  prompt_.take(sequences);
  if (!prompt_.done()) {
    context_.progress(prompt_.read(), prompt_.size(), "prompt tokens");
    return {};
  }
  decoding_ = clock_.now();
  return choose(compute.logits(prompt_.last_row()));
}

Result<void> GenerateWork::choose(std::span<float> logits) {
  auto const choice = TRY(sampler_->choose(logits));
  next_ = choice.token;
  outlet_.show(answer_.add(choice));
  if (!answer_.ended()) return {};
  outlet_.show(answer_.rest());
  ended_ = clock_.now();
  return {};
}

Result<engine::Reply> GenerateWork::reply() {
  engine::Reply reply;
  reply.evidence = Json::object({{"tokens_in", prompt_.size()},
                                 {"tokens_reused", prompt_.reused()},
                                 {"prefill_ms", milliseconds(decoding_ - joined_)},
                                 {"decode_ms", milliseconds(ended_ - decoding_)}});
  answer_.describe(reply.evidence);
  reply.outputs = TRY(answer_.outputs());
  return reply;
}

}  // namespace shoal::llama_engine
