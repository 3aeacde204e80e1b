#include "graph/plan.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "graph/references.h"
#include "graph/typing.h"

namespace shoal::graph {
namespace {

using value::Value;

void add_slot(std::vector<std::uint32_t>& slots, Reference const& reference) {
  if (reads_slot(reference)) slots.push_back(reference.slot);
}

void sort_out(std::vector<std::uint32_t>& indices) {
  std::sort(indices.begin(), indices.end());
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
}

Value list_of(std::vector<ItemError> const& errors) {
  Value::List list;
  for (auto const& [item, error] : errors) {
    list.push_back(Value::record({{"item", static_cast<std::int64_t>(item)},
                                  {"code", std::string(code_name(error.code()))},
                                  {"message", error.message()}}));
  }
  return list;
}

// Inputs that need nothing from elsewhere are one literal, which costs nothing to evaluate.
Binding fold(Binding inputs) {
  auto is_literal = [](Binding const& part) { return part.kind == Binding::Kind::literal; };
  if (!std::all_of(inputs.parts.begin(), inputs.parts.end(), is_literal)) return inputs;
  Value::Record fields;
  for (std::size_t i = 0; i < inputs.parts.size(); ++i) {
    fields.emplace_back(std::move(inputs.names[i]), std::move(inputs.parts[i].literal));
  }
  Binding literal;
  literal.literal = Value(std::move(fields));
  literal.position = inputs.position;
  return literal;
}

std::size_t references_to(PlannedStep const& step, std::uint32_t slot) {
  std::size_t count = 0;
  visit_step_references(step,
                        [&](Reference const& reference, Sight) { count += reference.slot == slot ? 1 : 0; });
  return count;
}

// What is tried again, replaced, left out or stopped by its time gives its items in the end only, when they
// are sure.
bool streams_safely(PlannedStep const& step) {
  return !step.each && !step.repeat && !step.stand_in && step.retry == 0 && !step.timeout &&
         step.on_error == OnError::fail;
}

std::optional<PlannedStep::Stream> followed(Plan const& plan, PlannedStep const& step) {
  if (!step.each || step.each->kind != Binding::Kind::reference) return std::nullopt;
  auto const slot = step.each->reference.slot;
  auto const& path = step.each->reference.path;
  auto const inputs = plan.signature.inputs.size();
  if (slot == kItem || slot < inputs || path.size() != 1) return std::nullopt;
  auto const index = static_cast<std::uint32_t>(slot - inputs);
  auto const& source = plan.steps[index];
  auto const& callable = plan.callables[source.callable];
  auto const* port = callable.signature.output(path.front().field);
  bool const is_stream =
      callable.kind == Callable::Kind::operation && port && port->type.kind() == value::Type::Kind::stream;
  if (!is_stream || !streams_safely(source) || references_to(step, slot) != 1) return std::nullopt;
  return PlannedStep::Stream{index, port->name};
}

PlannedStep plan_step(CheckedStep checked) {
  auto& step = checked.step;
  PlannedStep planned;
  visit_step_references(std::as_const(step),
                        [&](Reference const& reference, Sight) { add_slot(planned.reads, reference); });
  sort_out(planned.reads);
  planned.id = std::move(step.id);
  planned.position = step.position;
  planned.callable = checked.callable;
  planned.inputs = fold(std::move(step.with));
  planned.each = std::move(step.each);
  planned.when = std::move(step.when);
  planned.otherwise = std::move(step.otherwise);
  planned.repeat = std::move(step.repeat);
  planned.on_error = step.on_error;
  if (checked.stand_in) {
    planned.stand_in = PlannedStandIn{*checked.stand_in, fold(std::move(step.stand_in->with)),
                                      std::move(checked.stand_in_ports)};
  }
  planned.retry = step.retry;
  planned.timeout = step.timeout;
  planned.cache = step.cache;
  planned.memory = step.memory;
  planned.ports = std::move(checked.ports);
  return planned;
}

void count_readers(Plan& plan) {
  plan.readers.assign(plan.slot_count(), 0);
  for (auto const& step : plan.steps) {
    for (auto slot : step.reads) ++plan.readers[slot];
  }
  std::vector<std::uint32_t> read_by_outputs;
  for (auto const& output : plan.outputs) {
    visit_references(output.binding,
                     [&](Reference const& reference) { add_slot(read_by_outputs, reference); });
  }
  sort_out(read_by_outputs);
  for (auto slot : read_by_outputs) ++plan.readers[slot];
}

}  // namespace

Plan plan(Checked checked) {
  Plan plan;
  plan.name = std::move(checked.name);
  plan.file = std::move(checked.file);
  plan.signature = std::move(checked.signature);
  plan.callables = std::move(checked.callables);
  plan.steps.reserve(checked.steps.size());
  for (auto& step : checked.steps) plan.steps.push_back(plan_step(std::move(step)));
  for (auto& output : checked.outputs)
    plan.outputs.push_back({std::move(output.name), std::move(output.binding)});
  connect(plan);
  return plan;
}

void connect(Plan& plan) {
  auto const inputs = static_cast<std::uint32_t>(plan.signature.inputs.size());
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    auto& step = plan.steps[i];
    step.dependencies.clear();
    step.dependents.clear();
    step.followers.clear();
    for (auto const slot : step.reads) {
      if (slot < inputs) continue;
      CHECK(slot - inputs < i);
      step.dependencies.push_back(slot - inputs);
      plan.steps[slot - inputs].dependents.push_back(i);
    }
    step.follows = followed(plan, step);
    if (step.follows) plan.steps[step.follows->step].followers.push_back(i);
  }
  count_readers(plan);
}

Result<Value> evaluate_outputs(Plan const& plan, Environment const& environment) {
  Value::Record fields;
  fields.reserve(plan.outputs.size());
  for (auto const& output : plan.outputs) {
    auto value = TRY(evaluate(output.binding, environment).within("output `" + output.name + "`"));
    fields.emplace_back(output.name, std::move(value));
  }
  return Value(std::move(fields));
}

Value stand_in_outputs(PlannedStep const& step, Value const& given) {
  Value::Record outputs;
  for (std::size_t i = 0; i < step.ports.size(); ++i)
    outputs.emplace_back(step.ports[i].name, given[step.stand_in->ports[i]]);
  return Value(std::move(outputs));
}

Value gather(PlannedStep const& step, std::vector<Value> const& items, std::vector<ItemError> const& errors) {
  Value::Record lists;
  lists.reserve(step.ports.size() + 1);
  for (auto const& port : step.ports) {
    Value::List list;
    list.reserve(items.size());
    for (auto const& item : items) {
      if (!item.is_null()) list.push_back(item[port.name]);
    }
    lists.emplace_back(port.name, Value(std::move(list)));
  }
  bool const is_port = std::any_of(step.ports.begin(), step.ports.end(),
                                   [](auto const& port) { return port.name == kErrors; });
  if (step.on_error == OnError::skip && !is_port) lists.emplace_back(kErrors, list_of(errors));
  return Value(std::move(lists));
}

}  // namespace shoal::graph
