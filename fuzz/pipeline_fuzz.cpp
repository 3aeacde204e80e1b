// Pipeline documents from text to plan, and what a run evaluates of them with every value null.
// rooms: graph
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "graph/test_catalog.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  namespace graph = shoal::graph;
  static auto const catalog = graph::test_catalog();
  auto parsed = graph::parse({reinterpret_cast<char const*>(data), size}, "fuzz.yaml");
  if (!parsed) return 0;
  auto checked = graph::check(std::move(*parsed), catalog);
  if (!checked) return 0;
  auto const plan = graph::plan(std::move(*checked));
  std::vector<shoal::value::Value> const slots(plan.slot_count());
  shoal::value::Value const item;
  graph::Environment const environment{slots, &item, &item, &item};
  for (auto const& step : plan.steps) {
    if (step.each) (void)graph::evaluate(*step.each, environment);
    if (step.when) (void)graph::holds(*step.when, environment);
    if (step.otherwise) (void)graph::evaluate(*step.otherwise, environment);
    (void)graph::evaluate(step.inputs, environment);
    if (step.stand_in) (void)graph::evaluate(step.stand_in->inputs, environment);
    if (!step.repeat) continue;
    (void)graph::holds(*step.repeat->condition, environment);
    (void)graph::evaluate(step.repeat->carry, environment);
  }
  (void)graph::evaluate_outputs(plan, environment);
  return 0;
}
