#include "graph/part.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "graph/references.h"
#include "graph/typing.h"

namespace shoal::graph {
namespace {

using value::Port;

Result<std::uint32_t> find_step(Plan const& plan, std::string_view name) {
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    if (plan.steps[i].id == name) return i;
    names.push_back(plan.steps[i].id);
  }
  auto const hint = did_you_mean(name, names);
  return Error(Code::not_found,
               "the pipeline `" + plan.name + "` has no step `" + printable(name) + "`" +
                   (hint.empty() ? "; `shoal show " + plan.name + "` has them" : "; " + hint));
}

// Steps stand behind all that they depend on.
std::vector<bool> needed_for(Plan const& plan, std::uint32_t last) {
  std::vector<bool> needed(last + 1);
  needed[last] = true;
  for (auto step = last + 1; step-- > 0;) {
    if (!needed[step]) continue;
    for (auto const dependency : plan.steps[step].dependencies) needed[dependency] = true;
  }
  return needed;
}

std::vector<Port> outputs_of(PlannedStep const& step) {
  auto ports = step.ports;
  auto const is_errors = [](Port const& port) { return port.name == kErrors; };
  bool const lists_errors =
      step.each && step.on_error == OnError::skip && std::none_of(ports.begin(), ports.end(), is_errors);
  if (!lists_errors) return ports;
  Port errors;
  errors.name = kErrors;
  errors.type = errors_type();
  ports.push_back(std::move(errors));
  return ports;
}

PlannedOutput output_of(std::string const& step, std::uint32_t slot, std::string const& port) {
  PlannedOutput output;
  output.name = port;
  output.binding.kind = Binding::Kind::reference;
  output.binding.reference = {step, {Segment{port, -1}}, {}, slot};
  return output;
}

void renumber(PlannedStep& step, std::vector<std::uint32_t> const& slot_now) {
  visit_step_references(step, [&](Reference& reference, Sight) {
    if (reads_slot(reference)) reference.slot = slot_now[reference.slot];
  });
  for (auto& slot : step.reads) slot = slot_now[slot];
}

}  // namespace

Result<Plan> part_until(Plan const& plan, std::string_view name) {
  auto const last = TRY(find_step(plan, name));
  auto const needed = needed_for(plan, last);
  Plan part;
  part.name = plan.name;
  part.file = plan.file;
  part.callables = plan.callables;
  part.signature.inputs = plan.signature.inputs;
  std::vector<std::uint32_t> slot_now(plan.slot_count(), kUnresolved);
  for (std::size_t input = 0; input < part.signature.inputs.size(); ++input)
    slot_now[plan.input_slot(input)] = part.input_slot(input);
  for (std::uint32_t step = 0; step <= last; ++step) {
    if (!needed[step]) continue;
    slot_now[plan.step_slot(step)] = part.step_slot(part.steps.size());
    renumber(part.steps.emplace_back(plan.steps[step]), slot_now);
  }
  part.signature.outputs = outputs_of(plan.steps[last]);
  for (auto const& port : part.signature.outputs)
    part.outputs.push_back(output_of(plan.steps[last].id, slot_now[plan.step_slot(last)], port.name));
  connect(part);
  for (std::size_t input = 0; input < part.signature.inputs.size(); ++input) {
    if (part.readers[part.input_slot(input)] == 0) part.signature.inputs[input].required = false;
  }
  return part;
}

}  // namespace shoal::graph
