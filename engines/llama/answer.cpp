#include "engines/llama/answer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/text.h"
#include "value/json.h"

namespace shoal::llama_engine {
namespace {

using value::Value;

// A schema's grammar lets nothing else through, so it was cut.
Error cut_json(std::string const& finish, int max_tokens) {
  return Error(Code::checks_failed,
               finish == "length"
                   ? "the answer was cut at `max_tokens` (" + std::to_string(max_tokens) +
                         ") before its JSON was whole; give more, or a schema that bounds its texts and lists"
                   : std::string("a text of `stop` cut the answer before its JSON was whole"));
}

}  // namespace

Answer::Answer(Vocabulary const& vocabulary, Shape shape)
    : vocabulary_(vocabulary), shape_(std::move(shape)), stream_(shape_.stops) {}

std::string Answer::add(Sampler::Choice choice) {
  log_probabilities_.push_back(choice.log_probability);
  if (vocabulary_.ends_answer(choice.token)) {
    finish_ = "stop";
    return {};
  }
  auto const piece = vocabulary_.piece(choice.token);
  if (shape_.probabilities) {
    tokens_.push_back(
        Value::record({{"text", make_valid_utf8(piece)}, {"probability", std::exp(choice.log_probability)}}));
  }
  ++generated_;
  auto shown = stream_.push(piece);
  if (stream_.stopped()) {
    finish_ = "stop";
  } else if (generated_ == shape_.max_tokens) {
    finish_ = "length";
  }
  return shown;
}

void Answer::describe(Json& evidence) const {
  evidence.set("tokens_out", generated_);
  evidence.set("finish", finish_);
  if (log_probabilities_.empty()) return;
  auto sorted = log_probabilities_;
  std::sort(sorted.begin(), sorted.end());
  auto const sum = std::accumulate(sorted.begin(), sorted.end(), 0.0);
  evidence.set("min_probability", std::exp(sorted.front()));
  evidence.set("p10_probability", std::exp(sorted[(sorted.size() - 1) / 10]));
  evidence.set("mean_logprob", sum / static_cast<double>(sorted.size()));
}

Result<Value> Answer::outputs() const {
  Value::Record outputs{{"text", stream_.text()}, {"finish", finish_}, {"truncated", shape_.truncated}};
  if (shape_.json) {
    auto parsed = Json::parse(stream_.text());
    if (!parsed) return cut_json(finish_, shape_.max_tokens);
    outputs.emplace_back("json", TRY(value::from_json(*parsed)));
  }
  if (shape_.probabilities) outputs.emplace_back("tokens", tokens_);
  return Value(std::move(outputs));
}

}  // namespace shoal::llama_engine
