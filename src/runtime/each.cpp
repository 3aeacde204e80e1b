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
  if (!list.is_list() && !list.is_null()) {
    return step.done(
        Error(Code::invalid_argument,
              "step `" + step.planned.id + "`: `each:` needs a list, not " + std::string(list.kind_name())),
        std::nullopt);
  }
  std::shared_ptr<Each> const each(new Each(execution, std::move(step), std::move(list)));
  execution.announce(Event::Kind::each_started, each->step_.path, {}, 0,
                     static_cast<double>(each->results_.size()));
  each->launch();
}

Each::Each(Execution& execution, Step step, value::Value list)
    : execution_(execution),
      step_(std::move(step)),
      list_(std::move(list)),
      results_(list_.as_list().size()) {}

void Each::launch() {
  if (launching_) return;
  launching_ = true;
  // Where nothing runs, all items are looked at.
  auto const most = execution_.explores() ? results_.size() : kItemsUnderWay;
  while (!over_ && next_ < results_.size() && under_way_ < most) {
    if (step_.scope->cancelled()) {
      finish(Error(Code::cancelled, "cancelled"));
      break;
    }
    ++under_way_;
    launch_item(next_++);
  }
  launching_ = false;
  if (over_ || ended_ < results_.size()) return;
  finish(graph::gather(step_.planned, results_, in_order(std::move(errors_))));
}

void Each::launch_item(std::size_t index) {
  step_.call(list_.as_list()[index], step_.path + "[" + std::to_string(index) + "]",
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
                      static_cast<double>(results_.size()));
  launch();
}

void Each::finish(Result<value::Value> value, std::optional<std::size_t> item) {
  over_ = true;
  auto const done = std::move(step_.done);
  done(std::move(value), item);
}

}  // namespace shoal::runtime
