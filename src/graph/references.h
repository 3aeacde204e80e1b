// Visits what bindings, expressions and steps refer to. Recursion is as deep as the document.
#pragma once

#include <optional>

#include "graph/document.h"

namespace shoal::graph {

template <typename BindingT, typename Visit> void visit_references(BindingT& binding, Visit const& visit) {
  if (binding.kind == Binding::Kind::reference) visit(binding.reference);
  for (auto& part : binding.parts) visit_references(part, visit);
}

// All references of a step; `visit(reference, in_item)` says whether the item of `each` is known there.
template <typename Step, typename Visit> void visit_step_references(Step& step, Visit const& visit) {
  auto within_item = [&](auto& reference) { visit(reference, true); };
  if (step.each) visit_references(*step.each, [&](auto& reference) { visit(reference, false); });
  if (step.when) {
    for (auto& reference : step.when->references) within_item(reference);
  }
  visit_references(step.with, within_item);
  if (step.otherwise) visit_references(*step.otherwise, within_item);
}

}  // namespace shoal::graph
