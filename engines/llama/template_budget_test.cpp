// Templates that were made to hurt whoever runs them.
#include "engines/llama/template_budget.h"

#include <gtest/gtest.h>

#include "engines/llama/chat_template.h"

namespace shoal::llama_engine {
namespace {

std::string repeated(std::string const& part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

// Of the parse or of the rendering.
std::string refusal(std::string const& source) {
  auto const chat = ChatTemplate::parse(source, "", "");
  if (!chat) return chat.error().message();
  auto const parts = (*chat)->render({{"user", "Hi"}});
  return parts ? "" : parts.error().message();
}

TEST(TemplateBudget, WhatDoesNotEndIsStopped) {
  constexpr char const* kInner =
      "{% for i in range(10000) %}{% for j in range(10000) %}{% endfor %}{% endfor %}";
  // By its steps or its time; under a sanitizer, which keeps what was freed, perhaps by its memory.
  auto const endless =
      refusal("{% for i in range(10000) %}{% for j in range(10000) %}x{% endfor %}{% endfor %}");
  EXPECT_TRUE(endless.find("come to an end") != std::string::npos ||
              endless.find("too much memory") != std::string::npos)
      << endless;
  EXPECT_NE(refusal(std::string("{% macro f() %}") + kInner + "{% endmacro %}{% set x %}{{ f() }}" + kInner +
                    "{% endset %}"),
            "");
}

TEST(TemplateBudget, ARangeIsBounded) {
  for (auto const* source :
       {"{{ range(1000000000) | length }}", "{% set r = range %}{{ r(9223372036854775807) }}",
        "{{ range(0, -9000000000, -1) }}", "{{ range(-9223372036854775807, 9223372036854775807) }}"}) {
    EXPECT_NE(refusal(source).find("range of too many"), std::string::npos)
        << source << ": " << refusal(source);
  }
  EXPECT_EQ(refusal("{{ range(10000) | length }}{{ range(10, 0, -1) | length }}"), "");
}

TEST(TemplateBudget, ATextIsNotRepeatedForEver) {
  for (auto const* source : {"{{ 'x' * 1000000000 }}", "{{ (1000 * 1000 * 1000) * ('x' | upper) }}"})
    EXPECT_NE(refusal(source).find("factor"), std::string::npos) << source << ": " << refusal(source);
  EXPECT_EQ(refusal("{{ 'x' * 10 }}{{ 60 * 60 * 24 }}"), "");
}

TEST(TemplateBudget, WhatCallsItselfIsStopped) {
  EXPECT_NE(refusal("{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}").find("calls itself"),
            std::string::npos);
}

TEST(TemplateBudget, WhatNestsTooDeeplyIsRefusedBeforeItIsRead) {
  for (auto const* part : {"(", "[", "not ", "-", "{'a': "}) {
    EXPECT_NE(refusal("{{ " + repeated(part, 100'000) + "1").find("deeply"), std::string::npos) << part;
  }
  EXPECT_NE(refusal("{{ 1" + repeated(" + 1", 100'000) + " }}").find("words"), std::string::npos);
  EXPECT_NE(refusal(repeated("{% if 1 %}", 100'000)).find("tags"), std::string::npos);
  EXPECT_EQ(refusal("{{ " + repeated("(", 50) + "1" + repeated(")", 50) + " }}"), "");
}

TEST(TemplateBudget, WhatFillsTheMemoryIsStopped) {
  EXPECT_NE(refusal("{% set ns = namespace(s='xxxxxxxx') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s "
                    "%}{% endfor %}"),
            "");
}

}  // namespace
}  // namespace shoal::llama_engine
