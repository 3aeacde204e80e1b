#include "functions/test_call.h"

namespace shoal::functions {
namespace {

using value::Value;

Value parts(std::string text, std::string separator) {
  return outputs_of("split", Value::record({{"text", text}, {"separator", separator}}))["parts"];
}

TEST(Split, CutsAtEachSeparator) {
  EXPECT_EQ(parts("a, b,, c", ","), Value::list({"a", " b", "", " c"}));
  EXPECT_EQ(parts("", ","), Value::list({""}));
  EXPECT_EQ(parts("a::b", "::"), Value::list({"a", "b"}));
  EXPECT_EQ(parts("aaa", "aa"), Value::list({"", "a"}));
  EXPECT_EQ(outputs_of("split", Value::record({{"text", "a\nb"}}))["parts"], Value::list({"a", "b"}));
}

TEST(Split, EmptySeparatorGivesCharactersNotBytes) {
  EXPECT_EQ(parts("aü你", ""), Value::list({"a", "ü", "你"}));
  EXPECT_EQ(parts("", ""), Value::list());
}

TEST(Join, PutsTheSeparatorBetweenAndLeavesNullOut) {
  auto texts = Value::list({"a", Value(), "", "b"});
  EXPECT_EQ(outputs_of("join", Value::record({{"texts", texts}, {"separator", "-"}}))["text"], Value("a--b"));
  EXPECT_EQ(outputs_of("join", Value::record({{"texts", Value::list()}}))["text"], Value(""));
}

TEST(Join, RefusesTextsWithoutEnd) {
  auto large = Value(std::string(40 << 20, 'x'));
  EXPECT_NE(problem_of("join", Value::record({{"texts", Value::list({large, large})}})), "");
}

std::string filled(std::string source, Value::Record inputs) {
  inputs.emplace_back("template", source);
  return outputs_of("template", inputs)["text"].as_text();
}

TEST(Template, PutsInputsIn) {
  EXPECT_EQ(filled("Hello {{ name }}, {{name}}!", {{"name", "Ada"}}), "Hello Ada, Ada!");
  EXPECT_EQ(
      filled("{{ n }} {{ list }} {{ none }}", {{"n", 3}, {"list", Value::list({1, "a"})}, {"none", Value()}}),
      R"(3 [1,"a"] )");
  EXPECT_EQ(filled("{{ page.text }}", {{"page", Value::record({{"text", "words"}})}}), "words");
  EXPECT_EQ(filled("no names } {", {}), "no names } {");
}

TEST(Template, WhatIsPutInIsNotReadAsTemplate) {
  EXPECT_EQ(filled("{{ a }}", {{"a", "{{ b }}"}, {"b", "secret"}}), "{{ b }}");
}

TEST(Template, BracesThatNameNoInputStay) {
  EXPECT_EQ(filled("{{ x }} {{ name }} {{", {{"name", "Ada"}}), "{{ x }} Ada {{");
  EXPECT_EQ(filled("{{ {{ name }} }}", {{"name", "Ada"}}), "{{ Ada }}");
  EXPECT_EQ(filled("{{ template }} {{}} {{ name.x }}", {{"name", "Ada"}}),
            "{{ template }} {{}} {{ name.x }}");
}

TEST(Template, TakesLinearTimeAndRefusesTextsWithoutEnd) {
  std::string braces;
  for (int i = 0; i < 200'000; ++i) braces += "{{";
  braces += "}}";
  EXPECT_EQ(filled(braces, {}), braces);
  std::string many;
  for (int i = 0; i < 100; ++i) many += "{{ a }}";
  EXPECT_NE(problem_of("template", Value::record({{"template", many}, {"a", std::string(1 << 20, 'x')}})),
            "");
}

}  // namespace
}  // namespace shoal::functions
