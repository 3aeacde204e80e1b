#include "runtime/each.h"

#include <algorithm>
#include <utility>

namespace shoal::runtime {
namespace {

// Items that are under way at once: enough to keep every worker fed, few enough that a list of thousands does
// not lie in memory twice.
constexpr std::size_t kItemsUnderWay = 64;

// Items end in any order.
std::vector<graph::ItemError> in_order(std::vector<graph::ItemError> errors) {
  std::sort(errors.begin(), errors.end(), [](auto const& a, auto const& b) { return a.item < b.item; });
  return errors;
}

}  // namespace

void Each::start(Execution& execution, Step step, value::Value list) {
  auto const each = std::make_shared<Each>(execution, std::move(step));
  each->begun_ = true;
  each->end(std::move(list));
}

void Each::begin() {
  begun_ = true;
  execution_.announce(Event::Kind::each_started, step_.path, {}, 0, static_cast<double>(come_));
  launch();
}

void Each::add(value::Value item, Room room) {
  if (over_) return;
  come_ += 1;
  waiting_.push_back({std::move(item), begun_ ? std::move(room) : nullptr});
  launch();
}

void Each::end(value::Value all) {
  if (over_) return;
  whole_ = true;
  if (come_ > 0) return launch();
  if (!all.is_list() && !all.is_null()) {
    return finish(
        Error(Code::invalid_argument,
              "step `" + step_.planned.id + "`: `each:` needs a list, not " + std::string(all.kind_name())));
  }
  list_ = std::move(all);
  come_ = list_.as_list().size();
  if (begun_) begin();
}

void Each::launch() {
  if (launching_ || !begun_ || over_) return;
  auto const self = shared_from_this();
  launching_ = true;
  // Where nothing runs, all items are looked at.
  while (!over_ && has_next() && (execution_.explores() || under_way_ < kItemsUnderWay)) {
    if (step_.scope->cancelled()) {
      finish(Error(Code::cancelled, "cancelled"));
      break;
    }
    launch_next();
  }
  launching_ = false;
  if (over_ || !whole_ || has_next() || under_way_ > 0) return;
  finish(graph::gather(step_.planned, results_, in_order(std::move(errors_))));
}

Each::Waiting Each::take_next() {
  if (next_ < list_.as_list().size()) return {list_.as_list()[next_++], nullptr};
  auto next = std::move(waiting_.front());
  waiting_.pop_front();
  return next;
}

void Each::launch_next() {
  auto const next = take_next();
  auto const index = results_.size();
  results_.emplace_back();
  ++under_way_;
  step_.call(next.item, step_.path + "[" + std::to_string(index) + "]",
             [self = shared_from_this(), index](Result<Answer> answer) {
               self->item_done(index, std::move(answer));
             });
}

void Each::item_done(std::size_t index, Result<Answer> answer) {
  if (over_) return;
  --under_way_;
  ++ended_;
  bool const skip = step_.planned.on_error == graph::OnError::skip;
  if (answer) {
    results_[index] = std::move(answer->outputs);
  } else if (skip && answer.error().code() != Code::cancelled) {
    errors_.push_back({index, std::move(answer).error()});
  } else {
    return finish(std::move(answer).error(), index);
  }
  execution_.announce(Event::Kind::each_advanced, step_.path, {}, static_cast<double>(ended_),
                      static_cast<double>(come_));
  launch();
}

void Each::finish(Result<value::Value> value, std::optional<std::size_t> item) {
  over_ = true;
  waiting_.clear();
  auto const done = std::move(step_.done);
  done(std::move(value), item);
}

}  // namespace shoal::runtime
