#include "runtime/activation.h"

#include <algorithm>

#include "value/extent.h"

namespace shoal::runtime {
namespace {

// Items of one `each` that are under way at once: enough to keep every worker fed, few enough that a list of
// thousands does not lie in memory twice.
constexpr std::size_t kItemsUnderWay = 64;

// Items end in any order.
std::vector<graph::ItemError> in_order(std::vector<graph::ItemError> errors) {
  std::sort(errors.begin(), errors.end(), [](auto const& a, auto const& b) { return a.item < b.item; });
  return errors;
}

}  // namespace

// The state of a step that maps over a list.
struct Activation::Items {
  std::uint32_t step;
  value::Value list;
  std::vector<value::Value> results;
  std::vector<graph::ItemError> errors;  // of items that are left out
  std::size_t next = 0;
  std::size_t under_way = 0;
  std::size_t ended = 0;
  bool launching = false;
  bool over = false;
};

void Activation::start(Execution& execution, std::shared_ptr<LinkedPipeline const> pipeline,
                       value::Value const& inputs, std::string path, std::shared_ptr<Scope> scope,
                       Completion done) {
  std::shared_ptr<Activation> const activation(
      new Activation(execution, std::move(pipeline), std::move(path), std::move(scope), std::move(done)));
  auto const& plan = activation->pipeline_->plan;
  for (std::size_t input = 0; input < plan.signature.inputs.size(); ++input) {
    activation->slots_[plan.input_slot(input)] = inputs[plan.signature.inputs[input].name];
  }
  for (std::uint32_t step = 0; step < plan.steps.size(); ++step) {
    activation->waits_[step] = static_cast<std::uint32_t>(plan.steps[step].dependencies.size());
    if (activation->waits_[step] == 0) activation->ready_.push_back(step);
  }
  activation->drain();
}

Activation::Activation(Execution& execution, std::shared_ptr<LinkedPipeline const> pipeline, std::string path,
                       std::shared_ptr<Scope> scope, Completion done)
    : execution_(execution),
      pipeline_(std::move(pipeline)),
      path_(std::move(path)),
      scope_(std::move(scope)),
      done_(std::move(done)),
      slots_(pipeline_->plan.slot_count()),
      readers_(pipeline_->plan.readers),
      waits_(pipeline_->plan.steps.size()),
      remaining_(pipeline_->plan.steps.size()) {}

std::string Activation::path_of(std::uint32_t step) const {
  return path_.empty() ? planned(step).id : path_ + "/" + planned(step).id;
}

Error Activation::of_step(std::uint32_t step, Error error) const {
  auto const name = "step `" + planned(step).id + "`";
  if (path_.empty()) return std::move(error).within(name);
  // Who runs a pipeline knows its steps, not those of the pipelines that these use.
  return Error(error.code(), error.message() + " (in " + name + " of `" + pipeline_->plan.name + "`)");
}

// Steps that answer at once add to `ready_` while this runs: a chain of them does not grow the stack.
void Activation::drain() {
  if (draining_) return;
  draining_ = true;
  auto const self = shared_from_this();
  while (!finished_ && !ready_.empty()) {
    if (scope_->cancelled()) {
      finish(Error(Code::cancelled, "cancelled"));
      break;
    }
    auto const step = ready_.front();
    ready_.pop_front();
    run_step(step);
  }
  draining_ = false;
  if (finished_ || remaining_ > 0) return;
  auto outputs = graph::evaluate_outputs(pipeline_->plan, environment());
  if (!outputs) return finish(std::move(outputs).error());
  if (auto fits = value::check_extent(*outputs); !fits)
    return finish(std::move(fits).error().within("the outputs"));
  finish(Answer{std::move(*outputs), {}, checks_failed_});
}

void Activation::run_step(std::uint32_t step) {
  if (planned(step).each) {
    auto list = graph::evaluate(*planned(step).each, environment());
    if (!list) return step_done(step, std::move(list).error());
    return run_items(step, *list);
  }
  call(step, nullptr, path_of(step), 0, [self = shared_from_this(), step](Result<Answer> answer) {
    if (answer) return self->step_done(step, std::move(answer->outputs));
    if (self->planned(step).on_error == graph::OnError::skip && answer.error().code() != Code::cancelled) {
      return self->step_done(step, value::Value());
    }
    self->step_done(step, self->of_step(step, std::move(answer).error()));
  });
}

void Activation::call(std::uint32_t step, value::Value const* item, std::string path, int attempt,
                      Completion done) {
  auto const& plan_step = planned(step);
  auto const where = environment(item);
  auto const fail = [&](Error error) { done(std::move(error)); };
  if (plan_step.when) {
    auto const holds = graph::holds(*plan_step.when, where);
    if (!holds) return fail(holds.error());
    if (!*holds) {
      if (!plan_step.otherwise) return done(Answer{});
      auto otherwise = graph::evaluate(*plan_step.otherwise, where);
      return otherwise ? done(Answer{std::move(*otherwise), {}, false}) : fail(std::move(otherwise).error());
    }
  }
  auto inputs = graph::evaluate(plan_step.inputs, where);
  if (!inputs) return fail(std::move(inputs).error());
  CallSite const site{path, scope_, plan_step.cache, plan_step.timeout};
  auto again = [self = shared_from_this(), step,
                item_value = item ? std::make_shared<value::Value>(*item) : nullptr, path, attempt,
                done](Result<Answer> answer) mutable {
    if (self->finished_) return;
    if (answer) self->checks_failed_ |= answer->checks_failed;
    bool const retry =
        !answer && attempt < self->planned(step).retry && answer.error().code() != Code::cancelled;
    if (retry) return self->call(step, item_value.get(), std::move(path), attempt + 1, std::move(done));
    done(std::move(answer));
  };
  execution_.invoke(pipeline_->callables[plan_step.callable], *inputs, site, std::move(again));
}

void Activation::run_items(std::uint32_t step, value::Value const& list) {
  if (!list.is_list() && !list.is_null()) {
    return step_done(
        step, Error(Code::invalid_argument, "step `" + planned(step).id + "`: `each:` needs a list, not " +
                                                std::string(list.kind_name())));
  }
  auto items = std::make_shared<Items>();
  items->step = step;
  items->list = list;
  items->results.resize(list.as_list().size());
  execution_.announce(Event::Kind::each_started, path_of(step), {}, 0,
                      static_cast<double>(items->results.size()));
  launch_items(items);
}

void Activation::launch_items(std::shared_ptr<Items> const& items) {
  if (items->launching) return;
  items->launching = true;
  // Where nothing runs, all items are looked at.
  auto const most = execution_.explores() ? items->results.size() : kItemsUnderWay;
  while (!items->over && items->next < items->results.size() && items->under_way < most) {
    if (scope_->cancelled()) {
      items->over = true;
      step_done(items->step, Error(Code::cancelled, "cancelled"));
      break;
    }
    ++items->under_way;
    launch_item(items, items->next++);
  }
  items->launching = false;
  if (items->over || items->ended < items->results.size()) return;
  items->over = true;
  step_done(items->step,
            graph::gather(planned(items->step), items->results, in_order(std::move(items->errors))));
}

void Activation::launch_item(std::shared_ptr<Items> const& items, std::size_t index) {
  auto path = path_of(items->step) + "[" + std::to_string(index) + "]";
  call(items->step, &items->list.as_list()[index], std::move(path), 0,
       [self = shared_from_this(), items, index](Result<Answer> answer) {
         self->item_done(items, index, std::move(answer));
       });
}

void Activation::item_done(std::shared_ptr<Items> const& items, std::size_t index, Result<Answer> answer) {
  if (items->over) return;
  --items->under_way;
  ++items->ended;
  bool const skip = planned(items->step).on_error == graph::OnError::skip;
  if (answer) {
    items->results[index] = std::move(answer->outputs);
  } else if (skip && answer.error().code() != Code::cancelled) {
    items->errors.push_back({index, std::move(answer).error()});
  } else {
    items->over = true;
    return step_done(
        items->step,
        of_step(items->step, std::move(answer).error()).within("item " + std::to_string(index + 1)));
  }
  execution_.announce(Event::Kind::each_advanced, path_of(items->step), {}, static_cast<double>(items->ended),
                      static_cast<double>(items->results.size()));
  launch_items(items);
}

void Activation::step_done(std::uint32_t step, Result<value::Value> value) {
  if (finished_) return;
  if (!value) return finish(std::move(value).error());
  auto const& plan = pipeline_->plan;
  slots_[plan.step_slot(step)] = std::move(*value);
  for (auto const slot : planned(step).reads) {
    if (--readers_[slot] == 0) slots_[slot] = value::Value();
  }
  --remaining_;
  for (auto const dependent : planned(step).dependents) {
    if (--waits_[dependent] == 0) ready_.push_back(dependent);
  }
  drain();
}

void Activation::finish(Result<Answer> answer) {
  if (finished_) return;
  finished_ = true;
  // Whatever still runs for this pipeline is of no use any more.
  if (!answer) scope_->cancel();
  auto const done = std::move(done_);
  done(std::move(answer));
}

}  // namespace shoal::runtime
