// From text to plan, and what one step costs at the run.
#include <benchmark/benchmark.h>

#include "graph/graph.h"
#include "graph/test_catalog.h"

namespace shoal::graph {
namespace {

std::string chain(int steps) {
  std::string text =
      "shoal: 1\npipeline: chain\ninputs:\n  text: text\nsteps:\n  s0: {use: upper, with: {text: $text}}\n";
  for (int i = 1; i < steps; ++i) {
    text += "  s" + std::to_string(i) + ": {use: concatenate, with: {first: $s" + std::to_string(i - 1) +
            ", second: x}}\n";
  }
  return text + "outputs: {text: $s" + std::to_string(steps - 1) + "}\n";
}

void parse_yaml(benchmark::State& state) {
  auto text = chain(static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(Yaml::parse(text, "chain.yaml").has_value());
}
BENCHMARK(parse_yaml)->Arg(10000)->Unit(benchmark::kMillisecond);

void parse_check_and_plan(benchmark::State& state) {
  auto text = chain(static_cast<int>(state.range(0)));
  auto catalog = test_catalog();
  for (auto _ : state) {
    auto checked = check(parse(text, "chain.yaml").value(), catalog);
    benchmark::DoNotOptimize(plan(std::move(checked).value()).steps.size());
  }
}
BENCHMARK(parse_check_and_plan)->Arg(10)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond);

void evaluate_inputs(benchmark::State& state) {
  auto plan = graph::plan(check(parse(chain(2), "chain.yaml").value(), test_catalog()).value());
  std::vector<value::Value> slots(plan.slot_count());
  slots[plan.step_slot(0)] = value::Value::record({{"text", "hello"}});
  for (auto _ : state) benchmark::DoNotOptimize(evaluate(plan.steps[1].inputs, {slots, nullptr}).has_value());
}
BENCHMARK(evaluate_inputs);

void evaluate_condition(benchmark::State& state) {
  std::vector<Problem> problems;
  auto when = *parse_expression("$page.confidence < 0.9 and size($page.text) > 0", {{1, 1}, 100}, problems);
  for (auto& reference : when.references) reference.slot = 0;
  std::vector<value::Value> slots = {value::Value::record({{"confidence", 0.5}, {"text", "hello"}})};
  for (auto _ : state) benchmark::DoNotOptimize(holds(when, {slots, nullptr}).has_value());
}
BENCHMARK(evaluate_condition);

}  // namespace
}  // namespace shoal::graph
