// Visits what bindings, expressions and steps refer to. Recursion is as deep as the document.
#pragma once

#include <optional>

#include "graph/document.h"

namespace shoal::graph {

template <typename BindingT, typename Visit> void visit_references(BindingT& binding, Visit const& visit) {
  if (binding.kind == Binding::Kind::reference) visit(binding.reference);
  for (auto& part : binding.parts) visit_references(part, visit);
}

// What a reference of a step can see besides the pipeline's inputs and other steps.
enum class Sight {
  plain,  // nothing
  item,   // the item of `each`
  turn,   // the outputs of the last turn of `repeat`
  fault,  // the item, and why the step failed: of `on_error`
};

// A parsed step and a planned one name their inputs differently.
template <typename Call> auto& inputs_of(Call& call) {
  if constexpr (requires { call.with; }) {
    return call.with;
  } else {
    return call.inputs;
  }
}

// All references of a step: `visit(reference, sight)`.
template <typename Step, typename Visit> void visit_step_references(Step& step, Visit const& visit) {
  auto with = [&](Sight sight) { return [&visit, sight](auto& reference) { visit(reference, sight); }; };
  auto visit_expression = [&](auto& expression, Sight sight) {
    if (!expression) return;
    for (auto& reference : expression->references) visit(reference, sight);
  };
  if (step.each) visit_references(*step.each, with(Sight::plain));
  visit_expression(step.when, Sight::item);
  visit_references(inputs_of(step), with(Sight::item));
  if (step.otherwise) visit_references(*step.otherwise, with(Sight::item));
  if (step.stand_in) visit_references(inputs_of(*step.stand_in), with(Sight::fault));
  if (!step.repeat) return;
  visit_expression(step.repeat->condition, Sight::turn);
  visit_references(step.repeat->carry, with(Sight::turn));
}

}  // namespace shoal::graph
