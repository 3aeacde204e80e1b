#include "functions/test_call.h"

#include "value/json.h"
#include "value/records.h"

namespace shoal::functions {
namespace {

using value::Type;
using value::Value;

Value example() {
  return Value::record(
      {{"pages", Value::list({Value::record({{"text", "one"}}), Value::record({{"text", "two"}})})},
       {"count", 2}});
}

Value selected(std::string path) {
  return outputs_of("select", Value::record({{"from", example()}, {"path", path}}))["value"];
}

std::string select_problem(std::string path) {
  return problem_of("select", Value::record({{"from", example()}, {"path", path}}));
}

// The type of the first output for arguments as they are written in a document.
Result<Type> inferred(std::string_view name, std::vector<Argument> const& arguments) {
  auto ports = find(name)->infer(arguments);
  if (!ports) return ports.error();
  return ports->at(0).type;
}

Type parsed(std::string_view text) { return *Type::parse(text); }

TEST(Select, FollowsThePath) {
  EXPECT_EQ(selected("count"), Value(2));
  EXPECT_EQ(selected("pages[0].text"), Value("one"));
  EXPECT_EQ(selected("pages[-1].text"), Value("two"));
  EXPECT_EQ(selected(""), example());
}

TEST(Select, SaysWhatIsMissing) {
  EXPECT_NE(select_problem("cout").find("count"), std::string::npos) << select_problem("cout");
  EXPECT_NE(select_problem("pages[2]").find("list of 2"), std::string::npos);
  EXPECT_NE(select_problem("count.x").find("integer"), std::string::npos);
  for (auto path : {"pages[", "pages[x]", "a..b", "pages[0]]", "[9999999999999999999]", "."}) {
    EXPECT_NE(select_problem(path).find("no path"), std::string::npos) << path << select_problem(path);
  }
  auto outputs =
      outputs_of("select", Value::record({{"from", example()}, {"path", "x"}, {"otherwise", "none"}}));
  EXPECT_EQ(outputs["value"], Value("none"));
  outputs = outputs_of("select", Value::record({{"from", Value()}, {"path", "x"}, {"otherwise", "none"}}));
  EXPECT_EQ(outputs["value"], Value("none"));
}

TEST(Select, InfersTheTypeFromThePath) {
  Value path("[0].words[1].text"), wrong("[0].wrods"), deep("a.b");
  EXPECT_EQ(*inferred("select", {{"from", parsed("list<page>"), {}}, {"path", parsed("text"), &path}}),
            parsed("text"));
  EXPECT_EQ(*inferred("select", {{"from", parsed("json"), {}}, {"path", parsed("text"), &deep}}), Type());
  EXPECT_EQ(*inferred("select", {{"from", parsed("page"), {}}, {"path", parsed("text"), {}}}), Type());
  auto problem = inferred("select", {{"from", parsed("list<page>"), {}}, {"path", parsed("text"), &wrong}});
  ASSERT_FALSE(problem);
  EXPECT_NE(problem.error().message().find("wrods"), std::string::npos);
}

TEST(First, GivesTheFirstThatIsThere) {
  auto values = Value::list({Value(), Value(), "a", "b"});
  EXPECT_EQ(outputs_of("first", Value::record({{"values", values}}))["value"], Value("a"));
  EXPECT_EQ(outputs_of("first", Value::record({{"values", Value::list({false})}}))["value"], Value(false));
  EXPECT_NE(problem_of("first", Value::record({{"values", Value::list({Value()})}})).find("null"),
            std::string::npos);
  EXPECT_EQ(*inferred("first", {{"values", parsed("list<page>"), {}}}), parsed("page"));
}

TEST(Flatten, MakesOneList) {
  auto lists = Value::list({Value::list({1, 2}), Value(), Value::list(), Value::list({3})});
  EXPECT_EQ(outputs_of("flatten", Value::record({{"lists", lists}}))["items"], Value::list({1, 2, 3}));
  EXPECT_EQ(*inferred("flatten", {{"lists", parsed("list<list<page>>"), {}}}), parsed("list<page>"));
  EXPECT_NE(problem_of("flatten", Value::record({{"lists", Value::list({1})}})), "");
}

TEST(JsonFunctions, ReadAndWrite) {
  auto value = outputs_of("json", Value::record({{"text", R"({"a": [1, 2.5, null, "x"]})"}}))["value"];
  EXPECT_EQ(value, Value::record({{"a", Value::list({1, 2.5, Value(), "x"})}}));
  EXPECT_EQ(outputs_of("json-text", Value::record({{"value", value}}))["text"],
            Value(R"({"a":[1,2.5,null,"x"]})"));
  EXPECT_NE(
      outputs_of("json-text", Value::record({{"value", value}, {"indent", 2}}))["text"].as_text().find('\n'),
      std::string::npos);
}

TEST(JsonFunctions, NamesWhatIsWrong) {
  EXPECT_NE(problem_of("json", Value::record({{"text", "{\"a\": }"}})).find("no JSON"), std::string::npos);
  EXPECT_NE(problem_of("json", Value::record({{"text", R"({"$file": "/etc/passwd"})"}})), "");
  EXPECT_NE(problem_of("json-text", Value::record({{"value", value::Blob::own("x", {})}})), "");
}

TEST(Count, CountsItemsAlsoThoseThatAreNull) {
  auto const counted = outputs_of("count", Value::record({{"items", Value::list({1, Value(), "x"})}}));
  EXPECT_EQ(counted["count"], Value(3));
}

}  // namespace
}  // namespace shoal::functions
