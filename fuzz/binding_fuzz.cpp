// Any text as an expression, and as a text of a step with `{{ }}` and `$references` in it: problems have
// their place, and what is accepted can be evaluated.
// rooms: graph
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/text.h"
#include "graph/graph.h"
#include "graph/test_catalog.h"

using namespace shoal;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static auto const catalog = graph::test_catalog();
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  if (find_invalid_utf8(text)) return 0;
  auto const quoted = Json(text).dump();
  auto const document =
      "shoal: 1\npipeline: p\ninputs: {a: text, b: {type: 'list<number>', default: [1, 2]}}\nsteps:\n  s: "
      "{use: template, with: {x: " +
      quoted + ", y: $a}, when: " + quoted + "}\n  t: {use: template, with: {template: " + quoted +
      ", x: $a}}\noutputs: {o: $s, q: " + quoted + "}\n";
  auto parsed = graph::parse(document, "fuzz.yaml");
  if (!parsed) {
    CHECK(parsed.error().message().starts_with("fuzz.yaml:"));
    return 0;
  }
  auto checked = graph::check(std::move(*parsed), catalog);
  if (!checked) {
    CHECK(checked.error().message().starts_with("fuzz.yaml:"));
    return 0;
  }
  auto const plan = graph::plan(std::move(*checked));
  std::vector<value::Value> const slots(plan.slot_count(), value::Value(text));
  value::Value const item;
  graph::Environment const environment{slots, &item};
  for (auto const& step : plan.steps) {
    if (step.when) (void)graph::holds(*step.when, environment);
    (void)graph::evaluate(step.inputs, environment);
  }
  (void)graph::evaluate_outputs(plan, environment);
  return 0;
}
