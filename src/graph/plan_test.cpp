#include "graph/plan.h"

#include <gtest/gtest.h>

#include "graph/test_catalog.h"

namespace shoal::graph {
namespace {

using value::Value;
using Indices = std::vector<std::uint32_t>;

Plan planned(std::string const& text) {
  auto parsed = parse(text, "p.yaml");
  EXPECT_TRUE(parsed.has_value()) << parsed.error().message();
  auto checked = check(std::move(*parsed), test_catalog());
  EXPECT_TRUE(checked.has_value()) << checked.error().message();
  return plan(std::move(*checked));
}

std::vector<std::string> ids_of(Plan const& plan) {
  std::vector<std::string> ids;
  for (auto const& step : plan.steps) ids.push_back(step.id);
  return ids;
}

TEST(Plan, OrdersStepsAndCountsReaders) {
  auto plan = planned(R"(shoal: 1
pipeline: p
inputs: {text: text, other: {type: text, default: x}}
steps:
  last:   {use: concatenate, with: {first: $left, second: "{{ $right }}{{ $text }}"}, when: size($left) > 0, else: $other}
  right:  {use: upper, with: {text: $top}}
  left:   {use: upper, with: {text: $top.text}}
  top:    {use: upper, with: {text: $text}}
outputs: {last: $last, both: [$last, $top], text: $text}
)");
  EXPECT_EQ(ids_of(plan), (std::vector<std::string>{"top", "right", "left", "last"}));
  EXPECT_EQ(plan.slot_count(), 6u);
  EXPECT_EQ(plan.step_slot(0), 2u);
  EXPECT_EQ(plan.steps[0].dependents, (Indices{1, 2}));
  EXPECT_EQ(plan.steps[0].dependencies, Indices{});
  EXPECT_EQ(plan.steps[3].dependencies, (Indices{1, 2}));
  EXPECT_EQ(plan.steps[3].reads, (Indices{0, 1, 3, 4}));
  ASSERT_EQ(plan.steps[0].ports.size(), 1u);
  EXPECT_EQ(plan.steps[0].ports[0].name, "text");
  // Of text, other, top, right, left, last.
  EXPECT_EQ(plan.readers, (Indices{3, 1, 3, 1, 1, 1}));
  ASSERT_EQ(plan.callables.size(), 2u);
  EXPECT_EQ(plan.callables[plan.steps[3].callable].name, "concatenate");
}

TEST(Plan, EvaluatesInputsConditionsElseAndOutputs) {
  auto plan = planned(R"(shoal: 1
pipeline: p
inputs: {text: text, n: integer}
steps:
  s: {use: split, with: {text: $text, size: 7}}
  u: {use: upper, each: $s.parts, with: {text: "{{ $item }}/{{ $n }}"}, when: $item != "b", else: $item}
  c: {use: upper, with: {text: constant}}
outputs: {parts: $u, count: $s.count, c: $c, none: null}
)");
  std::vector<Value> slots(plan.slot_count());
  slots[0] = "a b";
  slots[1] = 3;
  EXPECT_EQ(*evaluate(plan.steps[0].inputs, {slots, nullptr}), Value::record({{"text", "a b"}, {"size", 7}}));
  EXPECT_EQ(plan.steps[2].inputs.kind, Binding::Kind::literal);
  slots[plan.step_slot(0)] = Value::record({{"parts", Value::list({"a", "b"})}, {"count", 2}});

  auto const& each = plan.steps[1];
  EXPECT_EQ(*evaluate(*each.each, {slots, nullptr}), Value::list({"a", "b"}));
  Value a = "a", b = "b";
  EXPECT_TRUE(*holds(*each.when, {slots, &a}));
  EXPECT_FALSE(*holds(*each.when, {slots, &b}));
  EXPECT_EQ(*evaluate(each.inputs, {slots, &a}), Value::record({{"text", "a/3"}}));
  EXPECT_EQ(*evaluate(*each.otherwise, {slots, &b}), Value::record({{"text", "b"}}));

  slots[plan.step_slot(1)] =
      gather(each, {Value::record({{"text", "A"}}), Value(), Value::record({{"text", "b"}})});
  slots[plan.step_slot(2)] = Value::record({{"text", "CONSTANT"}});
  auto skipping = each;
  skipping.on_error = OnError::skip;
  EXPECT_EQ(gather(skipping, {Value()}, {{0, Error(Code::busy, "full")}})["errors"],
            Value::list({Value::record({{"item", 0}, {"code", "busy"}, {"message", "full"}})}));
  EXPECT_FALSE(gather(each, {}).contains("errors"));
  EXPECT_EQ(*evaluate_outputs(plan, {slots, nullptr}),
            Value::record(
                {{"parts", Value::list({"A", "b"})}, {"count", 2}, {"c", "CONSTANT"}, {"none", Value()}}));
}

TEST(Plan, NullFlowsFromSkippedSteps) {
  auto plan = planned(R"(shoal: 1
pipeline: p
inputs: {n: integer}
steps:
  s: {use: split, with: {text: x}, when: $n > 1}
outputs: {o: $s.parts, all: $s}
)");
  std::vector<Value> slots(plan.slot_count());
  EXPECT_EQ(*evaluate_outputs(plan, {slots, nullptr}), Value::record({{"o", Value()}, {"all", Value()}}));
}

TEST(Plan, ALoopWaitsForWhatItReadsButNotForItself) {
  auto plan = planned(R"(shoal: 1
pipeline: p
inputs: {text: text}
steps:
  loop: {use: split, with: {text: $text}, repeat: {while: $loop.count < $limit.count, at_most: 3, carry: {text: "{{ $loop.parts }}{{ $more }}"}}}
  limit: {use: split, with: {text: $text}}
  more: {use: upper, with: {text: $text}}
outputs: {o: $loop.count}
)");
  EXPECT_EQ(ids_of(plan), (std::vector<std::string>{"limit", "more", "loop"}));
  auto const& step = plan.steps[2];
  EXPECT_EQ(step.dependencies, (Indices{0, 1}));
  EXPECT_EQ(step.repeat->at_most, 3);
  std::vector<Value> slots(plan.slot_count());
  slots[plan.step_slot(0)] = Value::record({{"parts", Value::list({})}, {"count", 2}});
  slots[plan.step_slot(1)] = Value::record({{"text", "!"}});
  auto const turn = Value::record({{"parts", Value::list({"a"})}, {"count", 1}});
  EXPECT_TRUE(*holds(*step.repeat->condition, {slots, nullptr, &turn}));
  EXPECT_EQ(*evaluate(step.repeat->carry, {slots, nullptr, &turn}), Value::record({{"text", "[\"a\"]!"}}));
}

TEST(Plan, NamesTheOutputThatFails) {
  auto plan =
      planned("shoal: 1\npipeline: p\ninputs: {texts: list<text>}\nsteps: {}\noutputs: {o: '$texts[5]'}\n");
  std::vector<Value> slots = {Value::list({"a"})};
  auto outputs = evaluate_outputs(plan, {slots, nullptr});
  ASSERT_FALSE(outputs.has_value());
  EXPECT_EQ(outputs.error().message(), "output `o`: `$texts[5]`: the list has 1 items, counted from 0");
}

TEST(Plan, TemplatesAreBounded) {
  std::string text = "shoal: 1\npipeline: p\ninputs: {text: text}\nsteps:\n  u: {use: upper, with: {text: \"";
  for (int i = 0; i < 100; ++i) text += "{{ $text }}";
  auto plan = planned(text + "\"}}\noutputs: {u: $u}\n");
  std::vector<Value> slots(plan.slot_count());
  slots[0] = std::string(1 << 20, 'x');
  auto inputs = evaluate(plan.steps[0].inputs, {slots, nullptr});
  ASSERT_FALSE(inputs.has_value());
  EXPECT_NE(inputs.error().message().find("64 MiB"), std::string::npos);
}

TEST(Plan, LongChainsAreWalkedWithoutRecursion) {
  std::string text =
      "shoal: 1\npipeline: p\ninputs: {text: text}\nsteps:\n  s5000: {use: upper, with: {text: $text}}\n";
  for (int i = 4999; i >= 0; --i) {
    text += "  s" + std::to_string(i) + ": {use: upper, with: {text: $s" + std::to_string(i + 1) + "}}\n";
  }
  auto plan = planned(text + "outputs: {o: $s0}\n");
  ASSERT_EQ(plan.steps.size(), 5001u);
  EXPECT_EQ(plan.steps.back().id, "s0");
  EXPECT_EQ(plan.steps[2500].dependencies, Indices{2499});
}

// 40 levels of two steps that each read both steps of the level before.
TEST(Plan, DoubleFanInStaysSmall) {
  std::string text = R"(shoal: 1
pipeline: p
inputs: {text: text}
steps:
  a0: {use: upper, with: {text: $text}}
  b0: {use: upper, with: {text: $text}}
)";
  for (int i = 1; i <= 40; ++i) {
    auto before = std::to_string(i - 1);
    auto step = ": {use: concatenate, with: {first: $a" + before + ", second: $b" + before + "}}\n";
    text += "  a" + std::to_string(i) + step + "  b" + std::to_string(i) + step;
  }
  auto plan = planned(text + "outputs: {o: [$a40, $b40]}\n");
  EXPECT_EQ(plan.steps.size(), 82u);
  EXPECT_EQ(plan.steps.back().dependencies.size(), 2u);
}

// Which step follows which, by their names: "read<-pages.pages".
std::string follows(std::string const& steps) {
  auto const plan = planned("shoal: 1\npipeline: p\ninputs: {document: file}\nsteps:\n" + steps +
                            "outputs: {read: $read}\n");
  std::string found;
  for (auto const& step : plan.steps) {
    if (!step.follows) continue;
    auto const& source = plan.steps[step.follows->step];
    EXPECT_EQ(source.followers.size(), 1u);
    found += step.id + "<-" + source.id + "." + step.follows->port + " ";
  }
  return found;
}

TEST(Plan, AStepFollowsAStreamThatIsSureAndThatItReadsNothingElseOf) {
  std::string const pages = "  pages: {use: pages-one-by-one, with: {document: $document}}\n";
  std::string const read = "  read: {use: ocr.recognize, each: $pages, with: {page: $item}}\n";
  EXPECT_EQ(follows(pages + read), "read<-pages.pages ");
  EXPECT_EQ(
      follows(pages + "  read: {use: ocr.recognize, each: $pages.pages, as: sheet, with: {page: $sheet}}\n"),
      "read<-pages.pages ");
  EXPECT_EQ(follows(pages + "  read: {use: ocr.recognize, each: $pages, with: {page: \"$pages[0]\"}}\n"), "");
  EXPECT_EQ(follows(pages + "  read: {use: ocr.recognize, each: [\"$pages[0]\"], with: {page: $item}}\n"),
            "");
  for (auto const* unsure : {"retry: 1", "timeout: 5s"})
    EXPECT_EQ(follows(pages.substr(0, pages.size() - 2) + ", " + unsure + "}\n" + read), "") << unsure;
  EXPECT_EQ(follows("  pages: {use: ocr.pages, with: {document: $document}}\n" + read), "") << "a list";
}

}  // namespace
}  // namespace shoal::graph
