#include "tests/formats/plan_text.h"

#include "base/text.h"
#include "value/json.h"

namespace shoal::graph {
namespace {

std::string text_of(value::Value const& value) { return value::to_json(value).dump(); }

// With the slot, which to_string() does not have: it is what counts.
std::string text_of(Reference const& reference) {
  auto const where = reads_slot(reference) ? std::to_string(reference.slot) : "own";
  return to_string(reference) + "@" + where;
}

std::string text_of(Binding const& binding) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < binding.parts.size(); ++i) {
    bool const named = binding.kind == Binding::Kind::record;
    parts.push_back((named ? binding.names[i] + ": " : "") + text_of(binding.parts[i]));
  }
  switch (binding.kind) {
    case Binding::Kind::literal: return text_of(binding.literal);
    case Binding::Kind::reference: return text_of(binding.reference);
    case Binding::Kind::list: return "[" + join(parts, ", ") + "]";
    case Binding::Kind::record: return "{" + join(parts, ", ") + "}";
    case Binding::Kind::text: break;
  }
  return "<" + join(parts, " + ") + ">";
}

std::string text_of(Expression const& expression) {
  std::vector<std::string> code;
  for (auto const& [op, argument, position] : expression.code) {
    auto text = std::to_string(static_cast<int>(op));
    if (op == Expression::Op::literal) text = text_of(expression.literals[argument]);
    if (op == Expression::Op::reference) text = text_of(expression.references[argument]);
    bool const jumps = op == Expression::Op::jump_if_false || op == Expression::Op::jump_if_true;
    code.push_back(jumps ? text + ">" + std::to_string(argument) : text);
  }
  return join(code, " ");
}

std::string text_of(std::vector<value::Port> const& ports) {
  std::vector<std::string> words;
  for (auto const& port : ports)
    words.push_back(port.name + ": " + port.type.to_string() + (port.required ? "" : "?") +
                    (port.schema ? " " + port.schema->json().dump() : "") +
                    (port.fallback ? " = " + text_of(*port.fallback) : ""));
  return "{" + join(words, ", ") + "}";
}

std::string text_of(Plan const& plan, PlannedStep const& step) {
  std::string text = step.id + ": " + plan.callables[step.callable].name + " " + text_of(step.inputs) +
                     " → " + text_of(step.ports) + "\n";
  auto const add = [&](std::string const& key, std::string const& what) {
    text += "  " + key + " " + what + "\n";
  };
  if (step.each) add("each", text_of(*step.each));
  if (step.when) add("when", text_of(*step.when));
  if (step.otherwise) add("else", text_of(*step.otherwise));
  if (step.repeat) {
    add("while", text_of(*step.repeat->condition));
    add("at most", std::to_string(step.repeat->at_most));
    add("carry", text_of(step.repeat->carry));
  }
  if (step.on_error != OnError::fail) add("on error", step.on_error == OnError::skip ? "skip" : "stand in");
  if (step.stand_in) {
    add("stand-in", plan.callables[step.stand_in->callable].name + " " + text_of(step.stand_in->inputs) +
                        " → " + join(step.stand_in->ports, ", "));
  }
  if (step.retry > 0) add("retry", std::to_string(step.retry));
  if (step.timeout) add("timeout", std::to_string(seconds(*step.timeout)));
  if (!step.cache) add("cache", "off");
  if (step.memory > 0) add("memory", std::to_string(step.memory));
  return text;
}

}  // namespace

std::string text_of(Plan const& plan) {
  auto text =
      plan.name + " " + text_of(plan.signature.inputs) + " → " + text_of(plan.signature.outputs) + "\n";
  for (auto const& step : plan.steps) text += text_of(plan, step);
  for (auto const& output : plan.outputs)
    text += "output " + output.name + " " + text_of(output.binding) + "\n";
  return text;
}

}  // namespace shoal::graph
