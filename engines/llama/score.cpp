#include "engines/llama/score.h"

#include <algorithm>
#include <numeric>

#include "base/time.h"
#include "engines/llama/logits.h"
#include "engines/llama/weights.h"
#include "value/json.h"

namespace shoal::llama_engine {
namespace {

using value::Value;

// Below 64 rows, and above one, the attention kernel takes one and the same path whatever their number.
constexpr int kAlikeRows = 63;
static_assert(kAlikeRows <= kMostOutputs && kAlikeRows <= kMostRows);

// A row whose logits say how likely `next` was, for the score with this index.
struct Wanted {
  int row;
  Token next;
  std::size_t score;
};

class Scores {
 public:
  explicit Scores(std::size_t count) : sums_(count, 0.0) {}

  void take(Compute const& compute, std::vector<Wanted> const& wanted) {
    for (auto const& [row, next, score] : wanted) sums_[score] += log_probability(compute.logits(row), next);
  }

  Value as_value(std::vector<std::size_t> const& lengths) const {
    Value::List list;
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      list.push_back(Value::record({{"logprob", sums_[i]},
                                    {"tokens", lengths[i]},
                                    {"mean_logprob", sums_[i] / static_cast<double>(lengths[i])}}));
    }
    return list;
  }

 private:
  std::vector<double> sums_;
};

// ---- One prefix, many continuations

struct Row {
  Token token, next;
  int position, sequence;
  std::size_t score;
};

// Evaluates the rows in even batches, so that none is left with a single row, which takes another path.
Result<void> evaluate_rows(std::vector<Row> const& all, Compute& compute, engine::CallContext& context,
                           Scores& scores) {
  auto const count = static_cast<int>(all.size());
  auto const batches = (count + kAlikeRows - 1) / kAlikeRows;
  Rows rows;
  for (int batch = 0; batch < batches; ++batch) {
    rows.clear();
    std::vector<Wanted> wanted;
    for (int i = count * batch / batches; i < count * (batch + 1) / batches; ++i) {
      auto const& row = all[static_cast<std::size_t>(i)];
      wanted.push_back({rows.size(), row.next, row.score});
      rows.add(row.token, row.position, row.sequence, Rows::Logits::wanted);
    }
    TRY(compute.evaluate(rows, context));
    scores.take(compute, wanted);
  }
  return {};
}

// How many continuations from `first` on fit beside the prefix at once.
std::size_t group_end(std::vector<Tokens> const& continuations, std::size_t first, int room) {
  auto end = first;
  for (auto left = room; end < continuations.size() && end - first < kMostSequences - 1; ++end) {
    left -= static_cast<int>(continuations[end].size()) - 1;
    if (left < 0 && end > first) break;
  }
  return end;
}

Result<void> score_group(ScoreRequest const& request, std::size_t first, std::size_t end, Compute& compute,
                         engine::CallContext& context, Scores& scores) {
  auto const prefix = static_cast<int>(request.prefixes[0].size());
  std::vector<Row> rows;
  for (auto i = first; i < end; ++i) {
    auto const& tokens = request.continuations[i];
    auto const sequence = static_cast<int>(i - first) + 1;
    compute.share(0, sequence);
    for (std::size_t at = 0; at + 1 < tokens.size(); ++at) {
      rows.push_back({tokens[at], tokens[at + 1], prefix + static_cast<int>(at), sequence, i});
    }
  }
  auto evaluated = evaluate_rows(rows, compute, context, scores);
  for (auto i = first; i < end; ++i) compute.forget(static_cast<int>(i - first) + 1, 0);
  return evaluated;
}

Result<int> score_continuations(ScoreRequest const& request, Compute& compute, Resident& resident,
                                engine::CallContext& context, Scores& scores) {
  auto const& prefix = request.prefixes[0];
  auto const held = TRY(resident.hold(prefix, kAlikeRows, Reuse::exact, context));
  std::vector<Wanted> wanted;
  for (std::size_t i = 0; i < request.continuations.size(); ++i)
    wanted.push_back({held.last_row, request.continuations[i][0], i});
  scores.take(compute, wanted);
  auto const room = compute.capacity() - static_cast<int>(prefix.size());
  for (std::size_t first = 0; first < request.continuations.size();) {
    auto const end = group_end(request.continuations, first, room);
    TRY(score_group(request, first, end, compute, context, scores));
    context.progress(static_cast<double>(end), static_cast<double>(request.continuations.size()), "texts");
    first = end;
  }
  return held.reused;
}

// ---- Many prefixes, one continuation

// Bounds of the evaluations for `count` rows of which those from `wanted` on ask for logits.
std::vector<int> even_parts(int count, int wanted) {
  std::vector<int> bounds{0};
  auto const cut = [&bounds](int end, int most) {
    auto const begin = bounds.back();
    auto const parts = (end - begin + most - 1) / most;
    for (int part = 1; part <= parts; ++part) bounds.push_back(begin + (end - begin) * part / parts);
  };
  if (count - wanted > kMostOutputs) {
    cut(wanted, kMostRows);
    cut(count, kMostOutputs);
  } else {
    cut(count, kMostRows);
  }
  return bounds;
}

Result<void> score_prefix(Tokens const& prefix, Tokens const& continuation, std::size_t index,
                          Compute& compute, engine::CallContext& context, Scores& scores) {
  auto tokens = prefix;
  tokens.insert(tokens.end(), continuation.begin(), continuation.end());
  auto const count = static_cast<int>(tokens.size()) - 1;  // the last one is only foretold
  auto const wanted_from = static_cast<int>(prefix.size()) - 1;
  auto const bounds = even_parts(count, wanted_from);
  compute.clear();
  Rows rows;
  for (std::size_t part = 0; part + 1 < bounds.size(); ++part) {
    rows.clear();
    std::vector<Wanted> wanted;
    for (int i = bounds[part]; i < bounds[part + 1]; ++i) {
      auto const at = static_cast<std::size_t>(i);
      if (i >= wanted_from) wanted.push_back({rows.size(), tokens[at + 1], index});
      rows.add(tokens[at], i, 0, i >= wanted_from ? Rows::Logits::wanted : Rows::Logits::none);
    }
    TRY(compute.evaluate(rows, context));
    scores.take(compute, wanted);
  }
  return {};
}

Result<void> score_prefixes(ScoreRequest const& request, Compute& compute, Resident& resident,
                            engine::CallContext& context, Scores& scores) {
  resident.drop();
  auto const count = request.prefixes.size();
  Result<void> done;
  for (std::size_t i = 0; i < count && done; ++i) {
    done = score_prefix(request.prefixes[i], request.continuations[0], i, compute, context, scores);
    context.progress(static_cast<double>(i + 1), static_cast<double>(count), "texts");
  }
  compute.clear();
  return done;
}

// ---- Inputs

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
  return request;
}

Result<engine::Reply> score(ScoreRequest const& request, Compute& compute, Resident& resident,
                            engine::CallContext& context) {
  SystemClock const clock;
  auto const started = clock.now();
  auto const count = request.many_prefixes ? request.prefixes.size() : request.continuations.size();
  Scores scores(count);
  int reused = 0;
  if (request.many_prefixes) {
    TRY(score_prefixes(request, compute, resident, context, scores));
  } else if (count > 0) {
    reused = TRY(score_continuations(request, compute, resident, context, scores));
  }
  std::vector<std::size_t> lengths;
  for (std::size_t i = 0; i < count; ++i)
    lengths.push_back(request.continuations[request.many_prefixes ? 0 : i].size());
  std::size_t tokens = std::accumulate(lengths.begin(), lengths.end(), std::size_t{0});
  for (auto const& prefix : request.prefixes) tokens += prefix.size();
  engine::Reply reply;
  reply.outputs = Value::record({{"scores", scores.as_value(lengths)}});
  reply.evidence = Json::object({{"tokens_in", tokens},
                                 {"tokens_out", 0},
                                 {"tokens_reused", reused},
                                 {"prefill_ms", seconds(clock.now() - started) * 1e3}});
  return reply;
}

}  // namespace shoal::llama_engine
