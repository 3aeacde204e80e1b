#include "graph/part.h"

#include <gtest/gtest.h>

#include "graph/test_catalog.h"

namespace shoal::graph {
namespace {

using value::Value;
using Indices = std::vector<std::uint32_t>;

Plan planned() {
  auto checked = check(parse(R"(shoal: 1
pipeline: p
inputs: {text: text, other: text, n: integer}
steps:
  late: {use: concatenate, with: {first: "{{ $words.parts }}", second: $other}}
  first: {use: upper, with: {text: $text}}
  aside: {use: upper, with: {text: $other}}
  words: {use: split, with: {text: "{{ $first }} {{ $n }}"}, when: $n > 0}
  items: {use: upper, each: $items2, with: {text: $item}, on_error: skip}
  items2: {use: first, with: {list: [["a"], ["b"]]}}
outputs: {late: $late, aside: $aside, items: $items, errors: $items.errors}
)",
                             "p.yaml")
                           .value(),
                       test_catalog());
  EXPECT_TRUE(checked.has_value()) << checked.error().message();
  return plan(std::move(*checked));
}

TEST(Part, HasTheStepAndAllThatItNeedsAndNothingElse) {
  auto const part = part_until(planned(), "words");
  ASSERT_TRUE(part.has_value()) << part.error().message();
  ASSERT_EQ(part->steps.size(), 2u);
  EXPECT_EQ(part->steps[0].id, "first");
  EXPECT_EQ(part->steps[0].dependents, Indices{1});
  EXPECT_EQ(part->steps[1].dependencies, Indices{0});
  EXPECT_EQ(part->readers, (Indices{1, 0, 1, 1, 1}));
}

TEST(Part, ItsOutputsAreThoseOfTheStep) {
  auto const part = part_until(planned(), "words");
  ASSERT_TRUE(part.has_value()) << part.error().message();
  ASSERT_EQ(part->signature.outputs.size(), 2u);
  EXPECT_EQ(part->signature.outputs[0].name, "parts");
  EXPECT_EQ(part->signature.outputs[0].type.to_string(), "list<text>");
  EXPECT_FALSE(part->signature.outputs[0].required) << "`when` may refuse the step";
  std::vector<Value> slots(part->slot_count());
  slots[0] = "a";
  slots[2] = 3;
  slots[part->step_slot(0)] = Value::record({{"text", "A"}});
  EXPECT_EQ((*evaluate(part->steps[1].inputs, {slots}))["text"], Value("A 3"));
  slots[part->step_slot(1)] = Value::record({{"parts", Value::list({"A"})}, {"count", 1}});
  EXPECT_EQ(*evaluate_outputs(*part, {slots}), slots[part->step_slot(1)]);
}

TEST(Part, AnInputThatNoStepOfItReadsNeedNotBeGiven) {
  auto const part = part_until(planned(), "words");
  ASSERT_TRUE(part.has_value()) << part.error().message();
  EXPECT_TRUE(part->signature.inputs[0].required);
  EXPECT_FALSE(part->signature.inputs[1].required);
  EXPECT_TRUE(part->signature.inputs[2].required);
}

TEST(Part, OfItemsThatMayFailTheErrorsAreAnOutputToo) {
  auto const part = part_until(planned(), "items");
  ASSERT_TRUE(part.has_value()) << part.error().message();
  ASSERT_EQ(part->outputs.size(), 2u);
  EXPECT_EQ(part->outputs[1].name, "errors");
}

TEST(Part, ProposesTheNearestStep) {
  auto const part = part_until(planned(), "frist");
  ASSERT_FALSE(part.has_value());
  EXPECT_EQ(part.error().code(), Code::not_found);
  EXPECT_EQ(part.error().message(), "the pipeline `p` has no step `frist`; did you mean `first`?");
}

}  // namespace
}  // namespace shoal::graph
