#include "functions/test_call.h"

namespace shoal::functions {
namespace {

using value::Value;

Value found(std::string text, std::string pattern) {
  return outputs_of("regex", Value::record({{"text", text}, {"find", pattern}}));
}

std::string replaced(std::string text, std::string pattern, std::string by) {
  return outputs_of("regex", Value::record({{"text", text}, {"find", pattern}, {"replace", by}}))["text"]
      .as_text();
}

TEST(Regex, FindsAllMatchesWithTheirBytes) {
  auto outputs = found("Größe 12, Höhe 7", R"((\pL+) (\d+))");
  EXPECT_EQ(outputs["found"], Value(true));
  EXPECT_EQ(outputs["text"], Value("Größe 12, Höhe 7"));
  ASSERT_EQ(outputs["matches"].as_list().size(), 2u);
  auto const& second = outputs["matches"].as_list()[1];
  EXPECT_EQ(second["text"], Value("Höhe 7"));
  EXPECT_EQ(second["span"], Value::list({12, 19}));
  EXPECT_EQ(second["groups"], Value::list({"Höhe", "7"}));
  EXPECT_EQ(found("abc", "x")["found"], Value(false));
}

TEST(Regex, ReplacesAndKeepsTheRest) {
  EXPECT_EQ(replaced("2024-05-06 and 2025-01-02", R"((\d+)-(\d+)-(\d+))", R"(\3.\2.\1)"),
            "06.05.2024 and 02.01.2025");
  EXPECT_EQ(replaced("AbaB", "(?i)b", ""), "Aa");
  EXPECT_EQ(replaced("你好", "", "-"), "-你-好-");
  EXPECT_EQ(replaced("", "x", "y"), "");
  EXPECT_EQ(replaced("aa", "a*", "-"), "--");
}

TEST(Regex, GroupsThatTookNoPartAreEmpty) {
  EXPECT_EQ(found("b", "(a)?b")["matches"].as_list()[0]["groups"], Value::list({""}));
}

TEST(Regex, BadPatternsAreNamed) {
  EXPECT_NE(problem_of("regex", Value::record({{"text", ""}, {"find", "(a"}})).find("`find`"),
            std::string::npos);
  EXPECT_NE(
      problem_of("regex", Value::record({{"text", ""}, {"find", "a"}, {"replace", "\\1"}})).find("`replace`"),
      std::string::npos);
}

TEST(Regex, HostilePatternsTakeLinearTime) {
  EXPECT_EQ(found(std::string(50'000, 'a'), "(a+)+$b")["found"], Value(false));
}

}  // namespace
}  // namespace shoal::functions
