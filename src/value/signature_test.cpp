#include "value/signature.h"

#include <gtest/gtest.h>

#include "value/records.h"

namespace shoal::value {
namespace {

struct Ports {
  std::vector<Port> ports;
  std::vector<Problem> problems;
};

Ports read(std::string_view text) {
  Ports read;
  auto yaml = Yaml::parse(text, "test.yaml");
  EXPECT_TRUE(yaml) << text;
  if (yaml) read.ports = parse_ports(*yaml, read.problems);
  return read;
}

std::string problems(std::string_view text) {
  auto ports = read(text);
  return ports.problems.empty() ? "" : to_error(ports.problems, "t").message();
}

std::string bind_problem(std::string_view ports, Value const& given) {
  auto bound = bind_inputs(read(ports).ports, given);
  return bound ? "" : bound.error().message();
}

bool contains(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Signature, ReadsShortAndLongForms) {
  auto [ports, problems] = read(
      "document: {type: file, accept: [application/pdf, image/png], about: What to read}\n"
      "dpi: {type: integer, default: 300, min: 72, max: 600}\n"
      "pages: list<sheet>\n"
      "language: {type: text, one_of: [eng, deu], required: false}\n"
      "hit: {type: {text: text, score: number}}\n");
  ASSERT_TRUE(problems.empty()) << problems[0].message;
  ASSERT_EQ(ports.size(), 5u);
  EXPECT_EQ(ports[0].type, Type(Type::Kind::file));
  EXPECT_EQ(ports[0].accept, (std::vector<std::string>{"application/pdf", "image/png"}));
  EXPECT_EQ(ports[0].about, "What to read");
  EXPECT_TRUE(ports[0].required);
  EXPECT_EQ(ports[1].fallback, Value(300));
  EXPECT_FALSE(ports[1].required);
  EXPECT_EQ(ports[1].min, 72);
  EXPECT_EQ(ports[1].position, (Position{2, 1}));
  EXPECT_EQ(ports[2].type, Type::list(sheet_type()));
  EXPECT_EQ(ports[3].one_of.size(), 2u);
  EXPECT_FALSE(ports[3].required);
  EXPECT_EQ(ports[4].type.to_string(), "{text: text, score: number}");
}

TEST(Signature, ReportsAllProblemsWithTheirPlaces) {
  auto text = problems(
      "a: texx\n"
      "b: {type: text, defalt: x}\n"
      "c: {default: 3}\n"
      "d: {type: integer, default: 5, max: 4}\n"
      "9: text\n"
      "e: {type: integer, min: low, required: 3, accept: {}}\n"
      "f: {type: text, default: 7}\n"
      "g: [1]\n");
  EXPECT_TRUE(contains(text, "t:1:4: there is no type `texx`; did you mean `text`?")) << text;
  EXPECT_TRUE(contains(text, "t:2:17: `defalt`")) << text;
  EXPECT_TRUE(contains(text, "`default`")) << text;
  EXPECT_TRUE(contains(text, "t:3:4: port `c` has no type")) << text;
  EXPECT_TRUE(contains(text, "at most 4")) << text;
  EXPECT_TRUE(contains(text, "t:5:1: `9`")) << text;
  EXPECT_TRUE(contains(text, "`min` must be a number")) << text;
  EXPECT_TRUE(contains(text, "`required` must be true or false")) << text;
  EXPECT_TRUE(contains(text, "`accept` must be a list")) << text;
  EXPECT_TRUE(contains(text, "the default of input `f`: expected text, got integer")) << text;
  EXPECT_TRUE(contains(text, "t:8:4: the type of `g`")) << text;
  EXPECT_TRUE(contains(problems("[a, b]"), "mapping"));
  EXPECT_EQ(problems(""), "");
}

TEST(BindInputs, FillsDefaultsInPortOrder) {
  auto ports = read("a: text\nb: {type: integer, default: 3}\nc: {type: text, required: false}\n").ports;
  auto bound = bind_inputs(ports, Value::record({{"a", "x"}}));
  ASSERT_TRUE(bound);
  auto const& record = bound->as_record();
  ASSERT_EQ(record.size(), 3u);
  EXPECT_EQ(record[0].first, "a");
  EXPECT_EQ(record[1].second, Value(3));
  EXPECT_TRUE(record[2].second.is_null());
  EXPECT_EQ((*bind_inputs(ports, Value::record({{"b", 4}, {"a", "x"}})))["b"], Value(4));
}

TEST(BindInputs, WholeNumbersForNumberPortsBecomeNumbers) {
  auto bound = bind_inputs(read("x: number").ports, Value::record({{"x", 1}}));
  EXPECT_EQ((*bound)["x"], Value(1.0));
}

TEST(BindInputs, NamesWhatIsWrong) {
  EXPECT_EQ(bind_problem("text: text", Value()), "input `text` (text) is missing; give it a value");
  EXPECT_EQ(bind_problem("text: text", Value::record({{"text", Value()}})),
            "input `text` (text) is missing; give it a value");
  EXPECT_EQ(bind_problem("text: text", Value::record({{"txt", "x"}})),
            "there is no input `txt`; did you mean `text`?");
  EXPECT_TRUE(
      contains(bind_problem("text: text", Value::record({{"text", 3}})), "text: expected text, got integer"));
  EXPECT_TRUE(contains(bind_problem("n: {type: integer, min: 2}", Value::record({{"n", 1}})), "at least 2"));
  EXPECT_TRUE(
      contains(bind_problem("n: {type: number, max: 2.5}", Value::record({{"n", 3}})), "at most 2.5"));
  EXPECT_TRUE(
      contains(bind_problem("l: {type: text, one_of: [a, b]}", Value::record({{"l", "c"}})), "one of a, b"));
  EXPECT_TRUE(contains(bind_problem("a: text", Value("x")), "record"));
}

TEST(BindInputs, ChecksMediaTypes) {
  auto file = [](std::string type) {
    return Value::record({{"f", Blob::own("x", {std::move(type), "scan.doc", -1, {}})}});
  };
  EXPECT_EQ(bind_problem("f: {type: file, accept: [application/pdf, image/*]}", file("image/png")), "");
  auto text = bind_problem("f: {type: file, accept: [application/pdf, image/*]}", file("text/plain"));
  EXPECT_EQ(text, "input `f` takes application/pdf, image/*, but `scan.doc` is text/plain");
}

TEST(Signature, FindsPortsByName) {
  Signature signature{read("a: text\nb: file").ports, read("c: json").ports};
  EXPECT_EQ(signature.input("b")->type, Type(Type::Kind::file));
  EXPECT_EQ(signature.input("c"), nullptr);
  EXPECT_NE(signature.output("c"), nullptr);
}

}  // namespace
}  // namespace shoal::value
