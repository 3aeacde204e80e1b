#include "runtime/loop.h"

#include <algorithm>

namespace shoal::runtime {
namespace {

// `inputs`, with the fields of `carried` in place of those of the same names.
value::Value carried_over(value::Value const& inputs, value::Value const& carried) {
  auto fields = inputs.as_record();
  for (auto const& field : carried.as_record()) {
    auto const same = std::find_if(fields.begin(), fields.end(),
                                   [&](auto const& candidate) { return candidate.first == field.first; });
    if (same == fields.end()) {
      fields.push_back(field);
    } else {
      same->second = field.second;
    }
  }
  return fields;
}

}  // namespace

void Loop::start(graph::PlannedStep const& step, value::Value inputs, std::string path, Turn turn, Look look,
                 Completion done) {
  std::shared_ptr<Loop> const loop(
      new Loop(step, std::move(inputs), std::move(path), std::move(turn), std::move(look), std::move(done)));
  loop->go_on();
}

Loop::Loop(graph::PlannedStep const& step, value::Value inputs, std::string path, Turn turn, Look look,
           Completion done)
    : loop_(*step.repeat),
      inputs_(std::move(inputs)),
      path_(std::move(path)),
      turn_(std::move(turn)),
      look_(std::move(look)),
      done_(std::move(done)) {}

// Turns that answer at once come back to this loop and do not nest.
void Loop::go_on() {
  if (going_) return;
  going_ = true;
  while (!over_ && !under_way_) {
    under_way_ = true;
    turn_(inputs_, path_ + "[" + std::to_string(turns_) + "]",
          [self = shared_from_this()](Result<Answer> answer) { self->turn_done(std::move(answer)); });
  }
  going_ = false;
}

void Loop::turn_done(Result<Answer> answer) {
  under_way_ = false;
  ++turns_;
  auto const turn = "turn " + std::to_string(turns_);
  if (answer) {
    auto const next = prepare_next(answer->outputs);
    if (next && *next) return go_on();
    if (!next) answer = next.error();
  }
  over_ = true;
  done_(std::move(answer).within(turn));
}

Result<bool> Loop::prepare_next(value::Value const& outputs) {
  if (turns_ >= loop_.at_most) return false;
  auto where = look_();
  where.turn = &outputs;
  if (!TRY(graph::holds(*loop_.condition, where))) return false;
  inputs_ = carried_over(inputs_, TRY(graph::evaluate(loop_.carry, where)));
  return true;
}

}  // namespace shoal::runtime
