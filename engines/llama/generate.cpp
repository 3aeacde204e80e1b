#include "engines/llama/generate.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/text.h"
#include "base/time.h"
#include "engines/llama/schema.h"
#include "engines/llama/text_stream.h"
#include "engines/llama/weights.h"
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

double milliseconds_since(MonotonicTime start) { return seconds(SystemClock().now() - start) * 1e3; }

// What one answer has come to.
class Answer {
 public:
  explicit Answer(GenerateRequest const& request) : stream(request.stops) {}

  void add(Vocabulary const& vocabulary, Sampler::Choice choice, bool keep_token) {
    log_probabilities.push_back(choice.log_probability);
    if (!keep_token) return;
    tokens.push_back(Value::record({{"text", make_valid_utf8(vocabulary.piece(choice.token))},
                                    {"probability", std::exp(choice.log_probability)}}));
  }

  TextStream stream;
  std::vector<double> log_probabilities;  // of each token, the one that ended the answer included
  Value::List tokens;
  int generated = 0;  // without that one
  char const* finish = "length";
};

void add_probabilities(Json& evidence, std::vector<double> log_probabilities) {
  if (log_probabilities.empty()) return;
  std::sort(log_probabilities.begin(), log_probabilities.end());
  auto const count = log_probabilities.size();
  auto const sum = std::accumulate(log_probabilities.begin(), log_probabilities.end(), 0.0);
  evidence.set("min_probability", std::exp(log_probabilities.front()));
  evidence.set("p10_probability", std::exp(log_probabilities[(count - 1) / 10]));
  evidence.set("mean_logprob", sum / static_cast<double>(count));
}

Result<void> decode(GenerateRequest const& request, int first_row, Vocabulary const& vocabulary,
                    Compute& compute, Resident& resident, engine::CallContext& context, Answer& answer) {
  auto const sampler = TRY(Sampler::create(vocabulary, request.sampling));
  auto row = first_row;
  auto const show = [&](std::string text) {
    if (!text.empty()) context.chunk("text", std::move(text));
  };
  while (true) {
    auto const choice = TRY(sampler->choose(compute.logits(row)));
    auto const ends = vocabulary.ends_answer(choice.token);
    answer.add(vocabulary, choice, request.probabilities && !ends);
    if (ends) {
      answer.finish = "stop";
      break;
    }
    ++answer.generated;
    show(answer.stream.push(vocabulary.piece(choice.token)));
    if (answer.stream.stopped()) {
      answer.finish = "stop";
      break;
    }
    if (answer.generated == request.max_tokens) break;
    if (context.cancelled()) return Error(Code::cancelled, "cancelled while it generated");
    TRY(resident.append(choice.token, context));
    row = 0;
  }
  show(answer.stream.finish());
  return {};
}

// A schema's grammar lets nothing else through, so it was cut.
Error cut_json(GenerateRequest const& request, Answer const& answer) {
  bool const by_length = std::string_view(answer.finish) == "length";
  return Error(Code::checks_failed,
               by_length
                   ? "the answer was cut at `max_tokens` (" + std::to_string(request.max_tokens) +
                         ") before its JSON was whole; give more, or a schema that bounds its texts and lists"
                   : std::string("a text of `stop` cut the answer before its JSON was whole"));
}

Result<Value> outputs_of(GenerateRequest const& request, Answer& answer) {
  Value::Record outputs{{"text", answer.stream.text()}, {"finish", answer.finish}};
  if (request.has_schema) {
    auto parsed = Json::parse(answer.stream.text());
    if (!parsed) return cut_json(request, answer);
    outputs.emplace_back("json", TRY(value::from_json(*parsed)));
  }
  if (request.probabilities) outputs.emplace_back("tokens", std::move(answer.tokens));
  return Value(std::move(outputs));
}

}  // namespace

Result<GenerateRequest> generate_request(PromptInputs const& from, Room const& room) {
  auto const& inputs = from.inputs;
  TRY(room.check_bytes(from.vocabulary,
                       bytes_of(inputs["prompt"]) + bytes_of(inputs["system"]) + bytes_of(inputs["messages"]),
                       "the prompt"));
  GenerateRequest request;
  request.prompt = TRY(prompt_tokens(from));
  request.max_tokens =
      static_cast<int>(std::clamp<std::int64_t>(inputs["max_tokens"].as_integer(512), 1, 1'000'000));
  TRY(room.check(static_cast<std::int64_t>(request.prompt.size()), request.max_tokens, "the prompt"));
  request.sampling.temperature = inputs["temperature"].as_number(0);
  request.sampling.top_k =
      static_cast<int>(std::clamp<std::int64_t>(inputs["top_k"].as_integer(40), 0, 1'000'000));
  request.sampling.top_p = inputs["top_p"].as_number(0.95);
  request.sampling.min_p = inputs["min_p"].as_number(0.05);
  request.sampling.seed = static_cast<std::uint32_t>(inputs["seed"].as_integer(0));
  for (auto const& stop : inputs["stop"].as_list()) request.stops.push_back(stop.as_text());
  request.has_schema = !inputs["schema"].is_null();
  if (request.has_schema) request.sampling.grammar = TRY(grammar_of_schema(value::to_json(inputs["schema"])));
  request.deterministic = inputs["deterministic"].as_boolean();
  request.probabilities = inputs["probabilities"].as_boolean();
  return request;
}

Result<engine::Reply> generate(GenerateRequest const& request, Vocabulary const& vocabulary, Compute& compute,
                               Resident& resident, engine::CallContext& context) {
  SystemClock const clock;
  auto const started = clock.now();
  auto const held = TRY(
      resident.hold(request.prompt, kMostRows, request.deterministic ? Reuse::exact : Reuse::all, context));
  auto const prefill_ms = milliseconds_since(started);
  auto const decoding = clock.now();
  Answer answer(request);
  TRY(decode(request, held.last_row, vocabulary, compute, resident, context, answer));
  engine::Reply reply;
  reply.evidence = Json::object({{"tokens_in", request.prompt.size()},
                                 {"tokens_out", answer.generated},
                                 {"tokens_reused", held.reused},
                                 {"prefill_ms", prefill_ms},
                                 {"decode_ms", milliseconds_since(decoding)},
                                 {"finish", answer.finish}});
  add_probabilities(reply.evidence, answer.log_probabilities);
  reply.outputs = TRY(outputs_of(request, answer));
  return reply;
}

}  // namespace shoal::llama_engine
