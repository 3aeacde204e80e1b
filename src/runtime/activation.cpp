#include "runtime/activation.h"

#include <optional>

#include "runtime/loop.h"
#include "value/extent.h"

namespace shoal::runtime {

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
  if (auto const follower = following_.find(step); follower != following_.end())
    return follower->second->begin();
  if (planned(step).each) {
    auto list = graph::evaluate(*planned(step).each, environment());
    if (!list) return step_done(step, std::move(list).error());
    return run_items(step, std::move(*list));
  }
  open_followers(step);
  call(step, nullptr, path_of(step), [self = shared_from_this(), step](Result<Answer> answer) {
    if (answer) return self->step_done(step, std::move(answer->outputs));
    if (self->planned(step).on_error == graph::OnError::skip && answer.error().code() != Code::cancelled) {
      return self->step_done(step, value::Value());
    }
    self->step_done(step, self->of_step(step, std::move(answer).error()));
  });
}

Completion Activation::or_stand_in(std::uint32_t step, value::Value const* item, std::string const& path,
                                   Completion done) {
  if (!planned(step).stand_in) return done;
  return [self = shared_from_this(), step, item = item ? std::optional(*item) : std::nullopt, path,
          done = std::move(done)](Result<Answer> answer) {
    if (answer || answer.error().code() == Code::cancelled || self->finished_) return done(std::move(answer));
    self->call_stand_in(step, item ? &*item : nullptr, path, answer.error(), done);
  };
}

void Activation::call_stand_in(std::uint32_t step, value::Value const* item, std::string const& path,
                               Error const& failure, Completion const& done) {
  auto const& stand_in = *planned(step).stand_in;
  auto where = environment(item);
  auto const fault = value::Value::record(
      {{"code", std::string(code_name(failure.code()))}, {"message", failure.message()}});
  where.fault = &fault;
  auto const inputs = graph::evaluate(stand_in.inputs, where);
  if (!inputs) return done(inputs.error());
  attempt(step, stand_in.callable, *inputs, path + "/on_error", 0,
          [self = shared_from_this(), step, failure, done](Result<Answer> answer) {
            if (!answer && answer.error().code() != Code::cancelled)
              return done(std::move(answer).within("`on_error`, after " + failure.message()));
            if (answer) answer->outputs = graph::stand_in_outputs(self->planned(step), answer->outputs);
            done(std::move(answer));
          });
}

void Activation::call(std::uint32_t step, value::Value const* item, std::string path, Completion done) {
  done = or_stand_in(step, item, path, std::move(done));
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
  if (!plan_step.repeat)
    return attempt(step, plan_step.callable, *inputs, std::move(path), plan_step.retry, std::move(done));
  Loop::start(
      plan_step, std::move(*inputs), std::move(path),
      [self = shared_from_this(), step](value::Value const& turn_inputs, std::string turn, Completion ended) {
        auto const& looping = self->planned(step);
        self->attempt(step, looping.callable, turn_inputs, std::move(turn), looping.retry, std::move(ended));
      },
      [self = shared_from_this()] { return self->environment(); }, std::move(done));
}

void Activation::attempt(std::uint32_t step, std::uint32_t callable, value::Value const& inputs,
                         std::string path, int retries, Completion done) {
  auto const& plan_step = planned(step);
  auto const memory = callable == plan_step.callable ? plan_step.memory : 0;
  CallSite site{path, scope_, plan_step.cache, plan_step.timeout, memory};
  if (!plan_step.followers.empty()) hand_on_items(step, site);
  auto again = [self = shared_from_this(), step, callable, inputs, path, retries,
                done](Result<Answer> answer) mutable {
    if (self->finished_) return;
    if (answer) self->checks_failed_ |= answer->checks_failed;
    if (!answer && retries > 0 && answer.error().code() != Code::cancelled)
      return self->attempt(step, callable, inputs, std::move(path), retries - 1, std::move(done));
    done(std::move(answer));
  };
  execution_.invoke(pipeline_->callables[callable], inputs, std::move(site), std::move(again));
}

void Activation::run_items(std::uint32_t step, value::Value list) {
  // Until its end it keeps this alive.
  auto each = each_step(step);
  each.done = [self = shared_from_this(), done = std::move(each.done)](auto value, auto item) {
    done(std::move(value), item);
  };
  Each::start(execution_, std::move(each), std::move(list));
}

Each::Step Activation::each_step(std::uint32_t step) {
  auto call_item = [weak = weak_from_this(), step](value::Value const& item, std::string path,
                                                   Completion done) {
    if (auto const self = weak.lock()) self->call(step, &item, std::move(path), std::move(done));
  };
  auto done = [weak = weak_from_this(), step](Result<value::Value> value, std::optional<std::size_t> item) {
    auto const self = weak.lock();
    if (!self) return;
    if (value || !item) return self->step_done(step, std::move(value));
    self->step_done(
        step, self->of_step(step, std::move(value).error()).within("item " + std::to_string(*item + 1)));
  };
  return {planned(step), path_of(step), scope_, std::move(call_item), std::move(done)};
}

void Activation::open_followers(std::uint32_t step) {
  for (auto const follower : planned(step).followers) {
    following_[follower] = std::make_shared<Each>(execution_, each_step(follower));
    if (--waits_[follower] == 0) ready_.push_back(follower);
  }
}

void Activation::hand_on_items(std::uint32_t step, CallSite& site) {
  auto const& plan = pipeline_->plan;
  site.keeps_lists = plan.readers[plan.step_slot(step)] > planned(step).followers.size();
  site.on_item = [self = shared_from_this(), step](std::string const& port, value::Value const& item,
                                                   Room const& room) {
    for (auto const follower : self->planned(step).followers) {
      if (self->finished_) return;
      if (self->planned(follower).follows->port == port) self->following_.at(follower)->add(item, room);
    }
  };
}

void Activation::step_done(std::uint32_t step, Result<value::Value> value) {
  if (finished_) return;
  if (!value) return finish(std::move(value).error());
  auto const& plan = pipeline_->plan;
  auto const given = slots_[plan.step_slot(step)] = std::move(*value);
  for (auto const slot : planned(step).reads) {
    if (--readers_[slot] == 0) slots_[slot] = value::Value();
  }
  --remaining_;
  for (auto const dependent : planned(step).dependents) {
    bool const follows = planned(dependent).follows && planned(dependent).follows->step == step;
    if (!follows && --waits_[dependent] == 0) ready_.push_back(dependent);
  }
  for (auto const follower : planned(step).followers)
    following_.at(follower)->end(given[planned(follower).follows->port]);
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
