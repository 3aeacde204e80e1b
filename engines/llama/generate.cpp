#include "engines/llama/generate.h"

#include <algorithm>

#include "engines/llama/fit.h"
#include "engines/llama/schema.h"
#include "value/json.h"

namespace shoal::llama_engine {
namespace {

using value::Value;

// Tokens; to restore fewer takes about as long as to read them.
constexpr int kLeastKept = 64;
constexpr int kMostGuessed = 16;
// Where so many share a step, its rows cost about what they save, and a step whose rows are not as many as
// the last one's has its graph built anew.
constexpr int kManySharing = 4;

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
  GenerateRequest request;
  request.shape = shape_of(inputs);
  auto fitted = TRY(fit_prompt(from, room, request.shape.max_tokens));
  request.prompt = std::move(fitted.prompt);
  request.shape.truncated = fitted.truncated;
  request.announced = !inputs["prefix"].is_null();
  request.sampling = sampling_of(inputs);
  if (request.shape.json) request.sampling.grammar = TRY(grammar_of_schema(value::to_json(inputs["schema"])));
  request.deterministic = inputs["deterministic"].as_boolean();
  return request;
}

Result<std::unique_ptr<GenerateWork>> GenerateWork::create(GenerateRequest request,
                                                           Vocabulary const& vocabulary, PrefixFolder& folder,
                                                           Outlet& outlet, engine::CallContext& context) {
  auto sampler = TRY(Sampler::create(vocabulary, request.sampling));
  return std::unique_ptr<GenerateWork>(
      new GenerateWork(std::move(request), vocabulary, std::move(sampler), folder, outlet, context));
}

GenerateWork::GenerateWork(GenerateRequest request, Vocabulary const& vocabulary,
                           std::unique_ptr<Sampler> sampler, PrefixFolder& folder, Outlet& outlet,
                           engine::CallContext& context)
    : prompt_(std::move(request.prompt.tokens)),
      max_tokens_(request.shape.max_tokens),
      deterministic_(request.deterministic),
      sampler_(std::move(sampler)),
      answer_(vocabulary, std::move(request.shape)),
      drafter_(prompt_.tokens()),
      constant_(request.prompt.constant),
      folder_(folder),
      outlet_(outlet),
      context_(context) {
  std::span<Token const> const constant(prompt_.tokens().data(), static_cast<std::size_t>(constant_));
  // What was not announced may be for this once.
  bool const keep = constant_ >= kLeastKept && !deterministic_ && folder_.usable() &&
                    !folder_.has(constant) && (request.announced || folder_.seen_before(constant));
  if (!keep) constant_ = 0;
}

Work::Phase GenerateWork::phase() const {
  if (answer_.ended()) return Phase::done;
  return prompt_.done() ? Phase::generating : Phase::reading;
}

int GenerateWork::cells_to_come() const {
  return prompt_.size() - prompt_.read() + max_tokens_ - answer_.generated();
}

Result<void> GenerateWork::join(Sequences& sequences) {
  joined_ = clock_.now();
  drafts_ = !deterministic_ && sequences.cuts();
  TRY(prompt_.join(sequences, deterministic_ ? PromptReader::Reuse::none : PromptReader::Reuse::all));
  keep_constant(sequences);
  return {};
}

// As soon as it is read. The call's thread writes the file while the batch goes on.
void GenerateWork::keep_constant(Sequences& sequences) {
  if (constant_ == 0 || prompt_.read() < constant_) return;
  auto const length = std::exchange(constant_, 0);
  auto const state =
      std::make_shared<std::string const>(sequences.state_of_beginning(prompt_.sequence(), length));
  if (state->empty()) return;
  outlet_.send_on_errand([this, state, length] {
    folder_.save(std::span(prompt_.tokens()).first(static_cast<std::size_t>(length)), *state);
  });
}

void GenerateWork::plan(Step& step, Sequences& sequences) {
  if (!prompt_.done()) return prompt_.plan(step, sequences);
  if (step.rows_left() == 0 || step.outputs_left() == 0) return;
  planned_ = {next_};
  sharing_ = step.sharing;
  if (drafts_ && sharing_ < kManySharing) {
    // So that the answer's last token is chosen and not evaluated.
    auto const most = std::min({kMostGuessed, step.rows_left() - 1, step.outputs_left() - step.generators - 1,
                                max_tokens_ - answer_.generated() - 1});
    auto const guess = drafter_.guess(most);
    planned_.insert(planned_.end(), guess.begin(), guess.end());
  }
  auto const position = sequences.length(prompt_.sequence());
  row_ = step.rows.size();
  for (std::size_t i = 0; i < planned_.size(); ++i)
    step.rows.add(planned_[i], position + static_cast<int>(i), prompt_.sequence(), Rows::Logits::wanted);
}

Result<void> GenerateWork::take(Compute const& compute, Sequences& sequences) {
  return prompt_.done() ? take_tokens(compute, sequences) : take_prompt(compute, sequences);
}

Result<void> GenerateWork::take_prompt(Compute const& compute, Sequences& sequences) {
  prompt_.take(sequences);
  keep_constant(sequences);
  if (!prompt_.done()) {
    context_.progress(prompt_.read(), prompt_.size(), "prompt tokens");
    return {};
  }
  decoding_ = clock_.now();
  return choose(compute.logits(prompt_.last_row()));
}

// Each row says what comes after its token, which is of use as long as the tokens before were those chosen.
Result<void> GenerateWork::take_tokens(Compute const& compute, Sequences& sequences) {
  auto const before = sequences.length(prompt_.sequence());
  auto const guessed = static_cast<int>(planned_.size()) - 1;
  sequences.grew(prompt_.sequence(), planned_);
  int right = 0;
  while (true) {
    TRY(choose(compute.logits(row_ + right)));
    if (answer_.ended() || right == guessed || planned_[static_cast<std::size_t>(right) + 1] != next_) break;
    ++right;
  }
  sequences.cut(prompt_.sequence(), before + 1 + right);
  drafter_.judge(guessed, right, sharing_);
  guessed_ += guessed;
  right_ += right;
  return {};
}

Result<void> GenerateWork::choose(std::span<float> logits) {
  auto const choice = TRY(sampler_->choose(logits));
  next_ = choice.token;
  drafter_.add(next_);
  outlet_.show(context_, answer_.add(choice));
  if (!answer_.ended()) return {};
  outlet_.show(context_, answer_.rest());
  ended_ = clock_.now();
  return {};
}

Result<engine::Reply> GenerateWork::reply() {
  engine::Reply reply;
  reply.evidence = Json::object({{"tokens_in", prompt_.size()},
                                 {"tokens_reused", prompt_.reused()},
                                 {"prefill_ms", milliseconds(decoding_ - joined_)},
                                 {"decode_ms", milliseconds(ended_ - decoding_)}});
  if (guessed_ > 0) {
    reply.evidence.set("tokens_guessed", guessed_);
    reply.evidence.set("tokens_guessed_right", right_);
  }
  answer_.describe(reply.evidence);
  reply.outputs = TRY(answer_.outputs());
  return reply;
}

}  // namespace shoal::llama_engine
