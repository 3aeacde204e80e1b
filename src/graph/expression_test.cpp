#include "graph/expression.h"

#include <gtest/gtest.h>

namespace shoal::graph {
namespace {

using value::Value;

std::vector<Value> const& slots() {
  static std::vector<Value> const slots = {
      Value::record({{"confidence", 0.5}, {"text", "größer"}, {"words", Value::list({1, 2, 3})}}),
      Value::list({"a", "b", Value::record({{"x", 7}})}), Value(), "eng"};
  return slots;
}

std::uint32_t slot_of(std::string const& name) {
  if (name == "page") return 0;
  if (name == "list") return 1;
  return name == "nothing" ? 2 : 3;
}

Place at_line_one() { return {{1, 1}, 1000}; }

std::string problem_of(std::string_view text) {
  std::vector<Problem> problems;
  auto expression = parse_expression(text, at_line_one(), problems);
  EXPECT_FALSE(expression.has_value()) << text;
  return problems.size() == 1 ? to_string(problems[0], "e") : "not one problem";
}

Result<Value> result_of(std::string_view text) {
  std::vector<Problem> problems;
  auto expression = parse_expression(text, at_line_one(), problems);
  if (!expression) return to_error(problems, "e");
  for (auto& reference : expression->references) reference.slot = slot_of(reference.name);
  return evaluate(*expression, {slots(), nullptr});
}

std::string text_of(std::string_view text) {
  auto result = result_of(text);
  if (!result) return result.error().message();
  if (result->is_boolean()) return result->as_boolean() ? "true" : "false";
  if (result->is_null()) return "null";
  return result->is_number() ? std::to_string(result->as_number()) : result->as_text();
}

TEST(Expression, ComparesNumbersByWhatTheyAmountTo) {
  EXPECT_EQ(text_of("1 == 1.0"), "true");
  EXPECT_EQ(text_of("1 != 1.0"), "false");
  EXPECT_EQ(text_of("$page.confidence < 0.9"), "true");
  EXPECT_EQ(text_of("$page.confidence >= 1"), "false");
  EXPECT_EQ(text_of("-2 < -1e0"), "true");
  EXPECT_EQ(text_of("9223372036854775807 > 9223372036854775806"), "true");
}

TEST(Expression, UnlikeKindsAreNotEqualAndHaveNoOrder) {
  EXPECT_EQ(text_of("'1' == 1"), "false");
  EXPECT_EQ(text_of("'1' != 1"), "true");
  EXPECT_EQ(text_of("'1' < 2"), "`<` compares two numbers or two texts, not text and integer");
  EXPECT_EQ(text_of("$list >= 2"), "`>=` compares two numbers or two texts, not list and integer");
}

TEST(Expression, NullIsFalseHasNoOrderAndIsEmpty) {
  EXPECT_EQ(text_of("$nothing == null"), "true");
  EXPECT_EQ(text_of("$page == null"), "false");
  EXPECT_EQ(text_of("$nothing < 1"), "false");
  EXPECT_EQ(text_of("1 < $nothing"), "false");
  EXPECT_EQ(text_of("not $nothing"), "true");
  EXPECT_EQ(text_of("$nothing and true"), "false");
  EXPECT_EQ(text_of("$nothing or true"), "true");
  EXPECT_EQ(text_of("size($nothing) == 0"), "true");
  EXPECT_EQ(text_of("1 in $nothing"), "false");
  EXPECT_EQ(text_of("$nothing.a[3].b"), "null");
  EXPECT_EQ(text_of("$page.missing"), "null");
}

TEST(Expression, AndBindsTighterThanOrAndNotTighterThanAnd) {
  EXPECT_EQ(text_of("true or false and false"), "true");
  EXPECT_EQ(text_of("(true or false) and false"), "false");
  EXPECT_EQ(text_of("not true or true"), "true");
  EXPECT_EQ(text_of("not (true or true)"), "false");
  EXPECT_EQ(text_of("not 1 == 2"), "true");
  EXPECT_EQ(text_of("not not true"), "true");
  EXPECT_EQ(text_of("false or false or true and true"), "true");
}

TEST(Expression, DoesNotLookAtTheRightSideWhereTheLeftDecides) {
  EXPECT_EQ(text_of("$list[9] == 1"), "`$list[9]`: the list has 3 items, counted from 0");
  EXPECT_EQ(text_of("size($list) > 9 and $list[9] == 1"), "false");
  EXPECT_EQ(text_of("size($list) < 9 or $list[9] == 1"), "true");
  EXPECT_EQ(text_of("true and 3"), "`and`, `or`, `not` and `when` take true or false, not integer");
}

TEST(Expression, FindsInListsAndTexts) {
  EXPECT_EQ(text_of("$name in ['deu', \"eng\"]"), "true");
  EXPECT_EQ(text_of("$name in []"), "false");
  EXPECT_EQ(text_of("2.0 in $page.words"), "true");
  EXPECT_EQ(text_of("'öße' in $page.text"), "true");
  EXPECT_EQ(text_of("1 in 'text'"), "`in` finds an item in a list or a text in a text, not integer in text");
}

TEST(Expression, CountsItemsFieldsAndCharacters) {
  EXPECT_EQ(text_of("size($page.text) == 6"), "true");
  EXPECT_EQ(text_of("size($page) == 3"), "true");
  EXPECT_EQ(text_of("size($list) == 3"), "true");
  EXPECT_EQ(text_of("size(true)"), "size() of boolean is not known");
}

TEST(Expression, FollowsPaths) {
  EXPECT_EQ(text_of("$list[2].x == 7"), "true");
  EXPECT_EQ(text_of("$list.x"), "`$list.x`: list has no field `x`");
  EXPECT_EQ(text_of("$page[0]"), "`$page[0]`: record has no items");
}

TEST(Expression, SaysWhereItIsWrong) {
  EXPECT_EQ(problem_of(""), "e:1:1: the expression ends too early (a value must follow)");
  EXPECT_EQ(problem_of("$a <"), "e:1:5: the expression ends too early (a value must follow)");
  EXPECT_EQ(problem_of("$a = 1"), "e:1:4: `=` is no operator (write `==`)");
  EXPECT_EQ(problem_of("'ö' && 1"), "e:1:5: `&&` is no operator (write `and`)");
  EXPECT_EQ(problem_of("true || 1"), "e:1:6: `||` is no operator (write `or`)");
  EXPECT_EQ(problem_of("!true"), "e:1:1: `!` is no operator (write `not`)");
  EXPECT_EQ(problem_of("1 < 2 < 3"), "e:1:7: comparisons cannot be chained (write `a < b and b < c`)");
  EXPECT_EQ(problem_of("page == 1"),
            "e:1:1: `page` is no value (`$page` refers to a value, \"page\" is a text)");
  EXPECT_EQ(problem_of("(1 == 1"), "e:1:8: `)` is missing");
  EXPECT_EQ(problem_of("$a $b"), "e:1:4: `$` is not expected here (`and`, `or` or a comparison may follow)");
  EXPECT_EQ(problem_of("$ == 1"),
            "e:1:1: a name must follow `$` (names have letters, digits, `_` and `-`, a letter first)");
  EXPECT_EQ(problem_of("'abc"), "e:1:1: this text is not closed");
  EXPECT_EQ(problem_of("1.2.3"), "e:1:1: `1.2.3` is not a number that fits");
  EXPECT_EQ(problem_of("9e999"), "e:1:1: `9e999` is not a number that fits");
  EXPECT_EQ(problem_of("1 in [1"), "e:1:8: `]` is missing");
  EXPECT_EQ(problem_of("1 in [1,"), "e:1:9: the expression ends too early (a value must follow)");
  EXPECT_EQ(problem_of("1 in [1 2]"), "e:1:9: `,` is missing");
}

TEST(Expression, LimitsNestingButNotLength) {
  std::string deep;
  for (int i = 0; i < 64; ++i) deep += "not ";
  EXPECT_EQ(text_of(deep + "true"), "true");
  EXPECT_EQ(problem_of("not " + deep + "true"),
            "e:1:260: the expression is nested deeper than 64 (compute parts of it in steps)");
  EXPECT_NE(problem_of(std::string(100000, '(')).find("nested deeper than 64"), std::string::npos);

  std::string longest = "true";
  for (int i = 0; i < 100000; ++i) longest += " and true";
  EXPECT_EQ(text_of(longest), "true");
}

TEST(Expression, LimitsNamesAndPaths) {
  EXPECT_NE(problem_of("$" + std::string(129, 'a')).find("a name must follow"), std::string::npos);
  std::string path = "$a";
  for (int i = 0; i < 65; ++i) path += ".b";
  EXPECT_NE(problem_of(path).find("a name must follow"), std::string::npos);
}

TEST(Expression, KnowsWholeReferencesOnly) {
  auto reference = parse_reference("$scan-text.words[12].text", at_line_one());
  ASSERT_TRUE(reference.has_value());
  EXPECT_EQ(reference->name, "scan-text");
  EXPECT_EQ(to_string(*reference), "$scan-text.words[12].text");
  for (auto const* text :
       {"$", "$5", "$a b", "$a.", "$a[", "$a[x]", "$a[-1]", " $a", "$a.5", "$a[99999999999999999999]"}) {
    EXPECT_FALSE(parse_reference(text, at_line_one()).has_value()) << text;
  }
}

}  // namespace
}  // namespace shoal::graph
