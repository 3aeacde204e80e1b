#include "cli/render.h"

#include <gtest/gtest.h>

namespace shoal::cli {
namespace {

using value::Value;

TEST(Render, ALoneOutputStandsAlone) {
  EXPECT_EQ(render_outputs(Value::record({{"label", "spam"}})), "spam");
  EXPECT_EQ(render_outputs(Value::record({{"count", 3}})), "3");
  EXPECT_EQ(render_outputs(Value::record({{"good", true}})), "yes");
}

TEST(Render, OfSeveralTheTextThatPeopleExpect) {
  EXPECT_EQ(render_outputs(Value::record({{"pages", Value::list()}, {"text", "Hello"}})), "Hello");
  EXPECT_EQ(render_outputs(Value::record({{"text", "long"}, {"answer", "short"}})), "short");
  EXPECT_EQ(render_outputs(Value::record({{"text", ""}, {"pages", Value::list({1})}})), "");
  EXPECT_EQ(render_outputs(Value::record({{"answer", ""}, {"abstained", true}})), "answer: \nabstained: yes");
  EXPECT_EQ(render_outputs(Value::record({{"a", 1}, {"b", Value::list({1, 2})}})),
            "a: 1\nb:\n[\n  1,\n  2\n]");
}

TEST(Render, ABlobIsDescribed) {
  value::Blob::Facts facts;
  facts.media_type = "application/pdf";
  facts.name = "a.pdf";
  EXPECT_EQ(render(Value(value::Blob::own(std::string(2000, 'x'), facts))),
            "application/pdf, 2.0 kB (a.pdf)");
}

TEST(Render, ColumnsAreAlignedByCharacters) {
  EXPECT_EQ(table({{"ä", "one"}, {"bcd", "two"}, {"e", ""}}), "ä    one\nbcd  two\ne\n");
  EXPECT_EQ(table({}), "");
}

TEST(Render, FitCutsCharactersNotBytes) {
  EXPECT_EQ(fit("größer", 6), "größer");
  EXPECT_EQ(fit("größer", 4), "grö…");
  EXPECT_EQ(fit("a\nb", 3), "a b");
}

TEST(Render, ANarrowTerminalGetsTheColumnsForWhichItHasRoom) {
  std::vector<std::vector<std::string>> const rows = {
      {"model:q4", "98.4 MB", "A small model for " + std::string(60, 'x')}, {"m", "1 B", "About"}};
  EXPECT_EQ(table(rows, 80), table(rows)) << "the last may be broken";
  EXPECT_EQ(table(rows, 30), "model:q4  98.4 MB\nm         1 B\n");
  EXPECT_EQ(table(rows, 12), "model:q4\nm\n");
  EXPECT_EQ(table(rows, 2), "model:q4\nm\n") << "names are always there";
}

}  // namespace
}  // namespace shoal::cli
