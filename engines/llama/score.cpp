#include "engines/llama/score.h"

#include <algorithm>
#include <numeric>

#include "engines/llama/logits.h"
#include "engines/llama/weights.h"
#include "value/json.h"

namespace shoal::llama_engine {
namespace {

using value::Value;

// More would not fill the steps any better.
constexpr std::size_t kMostOpenTexts = 31;

Result<Tokens> continuation_tokens(Vocabulary const& vocabulary, std::string const& text,
                                   std::string const& name) {
  auto tokens = TRY(vocabulary.tokenize(text, Place::later, Special::as_text));
  if (tokens.empty()) return Error(Code::invalid_argument, name + " is empty: there is nothing to score");
  return tokens;
}

Result<void> check_shape(Value const& inputs) {
  auto const has = [&](char const* name) { return !inputs[name].is_null(); };
  auto const forward =
      (has("prefix") != has("messages")) && has("continuations") && !has("prefixes") && !has("continuation");
  auto const backward =
      has("prefixes") && has("continuation") && !has("prefix") && !has("messages") && !has("continuations");
  if (forward || backward) return {};
  return Error(
      Code::invalid_argument,
      "give `prefix` or `messages` with `continuations`, or `prefixes` with `continuation`, and no others");
}

Result<void> check_room(ScoreRequest const& request, Room const& room) {
  std::size_t longest_prefix = 0, longest_continuation = 0;
  for (auto const& tokens : request.prefixes) longest_prefix = std::max(longest_prefix, tokens.size());
  for (auto const& tokens : request.continuations)
    longest_continuation = std::max(longest_continuation, tokens.size());
  return room.check(static_cast<std::int64_t>(longest_prefix + longest_continuation), 0,
                    "the longest prefix and continuation");
}

Result<void> check_bytes(Vocabulary const& vocabulary, Room const& room, Value::List const& texts,
                         std::string const& name) {
  for (auto const& text : texts) TRY(room.check_bytes(vocabulary, text.as_text().size(), name));
  return {};
}

}  // namespace

Result<ScoreRequest> score_request(PromptInputs const& from, Room const& room) {
  auto const& inputs = from.inputs;
  TRY(check_shape(inputs));
  ScoreRequest request;
  request.many_prefixes = !inputs["prefixes"].is_null();
  auto const special = inputs["special"].as_boolean() ? Special::as_token : Special::as_text;
  auto const prefixes = request.many_prefixes ? inputs["prefixes"].as_list() : Value::List{inputs["prefix"]};
  auto const continuations =
      request.many_prefixes ? Value::List{inputs["continuation"]} : inputs["continuations"].as_list();
  TRY(check_bytes(from.vocabulary, room, prefixes, "the prefix"));
  TRY(check_bytes(from.vocabulary, room, continuations, "the continuation"));
  if (!inputs["messages"].is_null()) {
    request.prefixes.push_back(
        TRY(message_tokens(from, TRY(messages_from(value::to_json(inputs["messages"]))))));
  } else {
    for (auto const& prefix : prefixes)
      request.prefixes.push_back(TRY(text_tokens(from.vocabulary, prefix.as_text(), special)));
  }
  for (auto const& continuation : continuations) {
    auto const name = "continuation " + std::to_string(request.continuations.size() + 1);
    request.continuations.push_back(TRY(continuation_tokens(from.vocabulary, continuation.as_text(), name)));
  }
  TRY(check_room(request, room));
  request.deterministic = inputs["deterministic"].as_boolean();
  return request;
}

ScoreWork::ScoreWork(ScoreRequest const& request, engine::CallContext& context)
    : deterministic_(request.deterministic), context_(context) {
  auto const count = request.many_prefixes ? request.prefixes.size() : request.continuations.size();
  sums_.resize(count);
  if (!request.many_prefixes) prefix_.emplace(request.prefixes[0]);
  for (std::size_t i = 0; i < count; ++i) {
    auto const& continuation = request.continuations[request.many_prefixes ? 0 : i];
    lengths_.push_back(continuation.size());
    Text text{.score = i};
    if (request.many_prefixes) {
      text.tokens = request.prefixes[i];
      text.scored_from = static_cast<int>(text.tokens.size());
    } else {
      first_tokens_.push_back(continuation[0]);
    }
    text.tokens.insert(text.tokens.end(), continuation.begin(), continuation.end());
    if (text.to_read() > 0) texts_.push_back(std::move(text));
  }
  tokens_in_ = std::accumulate(lengths_.begin(), lengths_.end(), std::size_t{0});
  for (auto const& prefix : request.prefixes) tokens_in_ += prefix.size();
}

Work::Phase ScoreWork::phase() const {
  return (!prefix_ || prefix_->done()) && read_all() ? Phase::done : Phase::reading;
}

// And of the largest of the texts that are not open.
int ScoreWork::cells_to_come() const {
  int cells = (prefix_ ? prefix_->size() - prefix_->read() : 0) + rows_of_group();
  int largest = 0;
  for (auto i = opened_; i < texts_.size(); ++i) largest = std::max(largest, texts_[i].to_read());
  return cells + largest;
}

std::span<Token const> ScoreWork::beginning() const {
  return prefix_ ? std::span<Token const>(prefix_->tokens()) : std::span<Token const>();
}

Result<void> ScoreWork::join(Sequences& sequences) {
  joined_ = clock_.now();
  if (!prefix_) return {};
  return prefix_->join(sequences, deterministic_ ? PromptReader::Reuse::none : PromptReader::Reuse::alike);
}

void ScoreWork::leave(Sequences& sequences) {
  for (; done_ < opened_; ++done_) sequences.close(*texts_[done_].sequence);
  if (prefix_) prefix_->leave(sequences);
}

int ScoreWork::rows_of_group() const {
  int rows = 0;
  for (auto i = done_; i < opened_; ++i) rows += texts_[i].to_read();
  return rows;
}

// All of a group before the next: a cell that is freed between two parts of a text would put the second
// before the first, and the order of cells is an order of sums.
void ScoreWork::open_texts(Step& step, Sequences& sequences) {
  if (done_ < opened_) return;
  while (opened_ < texts_.size() && opened_ - done_ < kMostOpenTexts) {
    auto& text = texts_[opened_];
    bool const only_one = opened_ == done_;
    if (!only_one && text.to_read() > step.spare_cells) return;
    text.sequence = sequences.open();
    if (!text.sequence) return;
    if (prefix_) sequences.fork(prefix_->sequence(), *text.sequence);
    if (!only_one) step.spare_cells -= text.to_read();
    ++opened_;
  }
}

void ScoreWork::plan_text(Text& text, Step& step, int& rows) {
  text.planned = 0;
  auto const before = prefix_ ? prefix_->size() : 0;
  for (; text.planned < text.to_read() && rows > 0; ++text.planned, --rows) {
    auto const at = text.read + text.planned;
    bool const scored = text.is_scored(at);
    if (scored && step.outputs_left() == 0) return;
    auto const row = step.rows.add(text.tokens[static_cast<std::size_t>(at)], before + at, *text.sequence,
                                   scored ? Rows::Logits::wanted : Rows::Logits::none);
    if (text.planned == 0) text.first_row = row;
  }
}

void ScoreWork::plan(Step& step, Sequences& sequences) {
  if (prefix_ && !prefix_->done()) return prefix_->plan(step, sequences);
  open_texts(step, sequences);
  auto rows = std::min({rows_of_group(), step.reading_rows, step.rows_left()});
  // A single row takes a path of its own, so none is left over.
  if (rows > 2 && rows_of_group() - rows == 1) --rows;
  for (auto i = done_; i < opened_; ++i) plan_text(texts_[i], step, rows);
}

Result<void> ScoreWork::take(Compute const& compute, Sequences& sequences) {
  if (prefix_ && !prefix_->done()) {
    take_prefix(compute, sequences);
    return {};
  }
  for (auto i = done_; i < opened_; ++i) take_text(texts_[i], compute, sequences);
  if (std::all_of(texts_.begin() + static_cast<std::ptrdiff_t>(done_),
                  texts_.begin() + static_cast<std::ptrdiff_t>(opened_),
                  [](Text const& text) { return text.to_read() == 0; }))
    end_group(sequences);
  return {};
}

void ScoreWork::take_prefix(Compute const& compute, Sequences& sequences) {
  prefix_->take(sequences);
  if (!prefix_->done()) return;
  auto const logits = compute.logits(prefix_->last_row());
  for (std::size_t i = 0; i < first_tokens_.size(); ++i)
    sums_[i] += log_probability(logits, first_tokens_[i]);
}

void ScoreWork::take_text(Text& text, Compute const& compute, Sequences& sequences) {
  for (int i = 0; i < text.planned; ++i) {
    auto const at = text.read + i;
    if (!text.is_scored(at)) continue;
    sums_[text.score] +=
        log_probability(compute.logits(text.first_row + i), text.tokens[static_cast<std::size_t>(at) + 1]);
  }
  auto const begin = text.tokens.begin() + text.read;
  sequences.grew(*text.sequence, {begin, begin + text.planned});
  text.read += std::exchange(text.planned, 0);
}

void ScoreWork::end_group(Sequences& sequences) {
  for (; done_ < opened_; ++done_) sequences.close(*texts_[done_].sequence);
  context_.progress(static_cast<double>(done_), static_cast<double>(texts_.size()), "texts");
}

Result<engine::Reply> ScoreWork::reply() {
  Value::List scores;
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    scores.push_back(Value::record({{"logprob", sums_[i]},
                                    {"tokens", lengths_[i]},
                                    {"mean_logprob", sums_[i] / static_cast<double>(lengths_[i])}}));
  }
  engine::Reply reply;
  reply.outputs = Value::record({{"scores", std::move(scores)}});
  reply.evidence = Json::object({{"tokens_in", tokens_in_},
                                 {"tokens_out", 0},
                                 {"tokens_reused", prefix_ ? prefix_->reused() : 0},
                                 {"prefill_ms", seconds(clock_.now() - joined_) * 1e3}});
  return reply;
}

}  // namespace shoal::llama_engine
