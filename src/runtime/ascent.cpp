#include "runtime/ascent.h"

#include "value/type.h"

namespace shoal::runtime {

void Ascent::start(Execution& execution, std::shared_ptr<LinkedTask const> task, value::Value inputs,
                   CallSite site, Completion done) {
  std::shared_ptr<Ascent> const ascent(
      new Ascent(execution, std::move(task), std::move(inputs), std::move(site), std::move(done)));
  ascent->climb();
}

Ascent::Ascent(Execution& execution, std::shared_ptr<LinkedTask const> task, value::Value inputs,
               CallSite site, Completion done)
    : execution_(execution),
      task_(std::move(task)),
      inputs_(std::move(inputs)),
      site_(std::move(site)),
      done_(std::move(done)),
      climb_(task_->task) {}

void Ascent::climb() {
  auto const rung = climb_.next();
  if (!rung) return settle();
  rung_started_ = execution_.clock().now();
  auto site = site_;
  site.timeout.reset();  // it holds for the task as a whole
  site.step += "/" + task_->task.ladder[*rung].use;
  execution_.invoke(task_->rungs[*rung], inputs_for(*rung), site,
                    [self = shared_from_this(), rung = *rung](Result<Answer> answer) {
                      self->rung_done(rung, std::move(answer));
                    });
}

value::Value Ascent::inputs_for(std::size_t rung) const {
  auto const& with = task_->task.ladder[rung].with;
  value::Value::Record fields = with.as_record();
  for (auto const& port : task_->rungs[rung].signature().inputs) {
    auto const& given = inputs_[port.name];
    if (!given.is_null() && !with.contains(port.name)) fields.emplace_back(port.name, given);
  }
  return fields;
}

Result<value::Value> Ascent::outputs_of(value::Value const& given) const {
  value::Value::Record outputs;
  for (auto const& port : task_->task.signature.outputs) {
    auto const& output = given[port.name];
    if (!output.is_null() || port.required) {
      TRY(value::check_port(port, output).within("output `" + port.name + "`"));
    }
    outputs.emplace_back(port.name, output);
  }
  return outputs;
}

void Ascent::rung_done(std::size_t rung, Result<Answer> answer) {
  auto const took = execution_.clock().now() - rung_started_;
  if (!answer && answer.error().code() == Code::cancelled) return done_(std::move(answer));
  auto outputs = answer ? outputs_of(answer->outputs) : Result<value::Value>(answer.error());
  if (outputs) {
    auto verdicts = task::run_checks(task_->task.checks, {inputs_, *outputs, answer->evidence});
    climb_.answered(std::move(*outputs), std::move(verdicts), took);
  } else {
    climb_.failed(std::move(outputs).error().within("rung `" + task_->task.ladder[rung].use + "`"), took);
  }
  climb();
}

void Ascent::settle() {
  auto outcome = climb_.outcome();
  auto const rung = outcome ? task_->task.name + ": " + task_->task.ladder[outcome->rung].use : std::string();
  execution_.task_ended(site_.step, rung, climb_.route());
  if (!outcome) return done_(std::move(outcome).error().within("task `" + task_->task.name + "`"));
  if (outcome->passed || execution_.accept_failed_checks())
    return done_(Answer{std::move(outcome->outputs), {}, !outcome->passed});
  std::string reasons;
  for (auto const& verdict : climb_.tried()[outcome->rung].failed) {
    reasons += (reasons.empty() ? "" : "; ") + verdict.check + ": " + verdict.reason;
  }
  done_(Error(Code::checks_failed, "task `" + task_->task.name +
                                       "`: no rung gave an answer that passes its checks (" + reasons + ")"));
}

}  // namespace shoal::runtime
