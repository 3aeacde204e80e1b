#include "value/schema.h"

#include <gtest/gtest.h>

#include "value/json.h"
#include "value/signature.h"

namespace shoal::value {
namespace {

std::string problems_of(std::string const& schema) {
  auto const node = Yaml::parse(schema, "s.yaml");
  EXPECT_TRUE(node.has_value()) << node.error().message();
  std::vector<Problem> problems;
  auto const read = Schema::read(*node, problems);
  EXPECT_EQ(read == nullptr, !problems.empty());
  return problems.empty() ? "none" : to_error(problems, "s.yaml").message();
}

// What is wrong with the JSON, by the schema.
std::string wrong(std::string const& schema, std::string const& json) {
  auto const node = Yaml::parse(schema, "s.yaml");
  std::vector<Problem> problems;
  auto const read = Schema::read(*node, problems);
  if (!read) return to_error(problems, "s.yaml").message();
  auto const checked = read->check(*from_json(*Json::parse(json)), "v");
  return checked ? "nothing" : checked.error().message();
}

TEST(Schema, ChecksTypesAndValues) {
  EXPECT_EQ(wrong("{type: integer}", "3"), "nothing");
  EXPECT_EQ(wrong("{type: integer}", "3.0"), "nothing");
  EXPECT_EQ(wrong("{type: integer}", "3.5"), "v: expected integer, got number");
  EXPECT_EQ(wrong("{type: [string, null]}", "null"), "nothing");
  EXPECT_EQ(wrong("{type: [string, 'null']}", "1"), "v: expected string or null, got integer");
  EXPECT_EQ(wrong("{enum: [1, a, {b: [2]}]}", R"({"b": [2.0]})"), "nothing");
  EXPECT_EQ(wrong("{enum: [1, a]}", "\"b\""), "v: must be one of [1,\"a\"]");
  EXPECT_EQ(wrong("{const: {a: 1}}", R"({"a": 2})"), "v: must be {\"a\":1}");
  EXPECT_EQ(wrong("true", "1"), "nothing");
  EXPECT_EQ(wrong("false", "1"), "v: is not allowed");
}

TEST(Schema, ChecksLimits) {
  EXPECT_EQ(wrong("{minimum: 0, maximum: 1}", "-0.5"), "v: must be at least 0");
  EXPECT_EQ(wrong("{minimum: 0, maximum: 1}", "1.5"), "v: must be at most 1");
  EXPECT_EQ(wrong("{exclusiveMinimum: 0}", "0"), "v: must be more than 0");
  EXPECT_EQ(wrong("{exclusiveMaximum: 2}", "2"), "v: must be less than 2");
  EXPECT_EQ(wrong("{maxLength: 2}", "\"äö\""), "nothing");
  EXPECT_EQ(wrong("{maxLength: 2}", "\"äöü\""), "v: must have at most 2 characters");
  EXPECT_EQ(wrong("{minItems: 1}", "[]"), "v: must have at least 1 items");
  EXPECT_EQ(wrong("{maxProperties: 1}", R"({"a": 1, "b": 2})"), "v: must have at most 1 fields");
  EXPECT_EQ(wrong("{minimum: 3}", "\"a\""), "nothing") << "limits of numbers say nothing about texts";
}

TEST(Schema, NamesThePathToWhatIsWrong) {
  std::string const schema =
      "{type: object, required: [items], properties: {items: {type: array, items: {type: object, "
      "properties: {price: {type: number, minimum: 0}}, additionalProperties: false}}}}";
  EXPECT_EQ(wrong(schema, R"({"items": [{"price": 1}, {"price": -1}]})"),
            "v.items[1].price: must be at least 0");
  EXPECT_EQ(wrong(schema, R"({"items": [{"prize": 1}]})"), "v.items[0].prize: is not allowed");
  EXPECT_EQ(wrong(schema, R"({"item": []})"), "v: there is no field `items`");
  EXPECT_EQ(wrong("{prefixItems: [{type: string}], items: {type: integer}}", R"(["a", 1, "b"])"),
            "v[2]: expected integer, got text");
  EXPECT_EQ(wrong("{uniqueItems: true}", "[1, 2, 1.0]"), "v[2]: has an item twice");
}

TEST(Schema, CombinesSchemas) {
  EXPECT_EQ(wrong("{allOf: [{minimum: 1}, {maximum: 2}]}", "3"), "v: must be at most 2");
  EXPECT_EQ(wrong("{anyOf: [{type: string}, {minimum: 5}]}", "3"),
            "v: fits none of the alternatives; of the last: must be at least 5");
  EXPECT_EQ(wrong("{oneOf: [{minimum: 1}, {minimum: 2}]}", "3"),
            "v: fits several of the alternatives of `oneOf`");
  EXPECT_EQ(wrong("{oneOf: [{minimum: 1}, {minimum: 4}]}", "3"), "nothing");
  EXPECT_EQ(wrong("{not: {type: string}}", "\"a\""), "v: must not be like that: `not`");
}

TEST(Schema, FollowsReferencesIntoTrees) {
  std::string const tree =
      "{$ref: '#/$defs/node', $defs: {node: {type: object, required: [name], properties: {parts: "
      "{type: array, items: {$ref: '#/$defs/node'}}}}}}";
  EXPECT_EQ(wrong(tree, R"({"name": "a", "parts": [{"name": "b", "parts": []}]})"), "nothing");
  EXPECT_EQ(wrong(tree, R"({"name": "a", "parts": [{"name": "b", "parts": [{}]}]})"),
            "v.parts[0].parts[0]: there is no field `name`");
}

TEST(Schema, EndsWhereASchemaWouldNot) {
  std::string const circle = "{$ref: '#/$defs/a', $defs: {a: {$ref: '#/$defs/a'}}}";
  EXPECT_NE(wrong(circle, "1").find("goes round in circles"), std::string::npos);
  EXPECT_NE(wrong("{not: " + circle.substr(0, 1) + "$ref: '#'}}", "1").find("goes round in circles"),
            std::string::npos);
  std::string wide = "{$ref: '#/$defs/a0', $defs: {a30: {type: string}";
  for (int i = 0; i < 30; ++i) {
    auto const next = "{$ref: '#/$defs/a" + std::to_string(i + 1) + "'}";
    wide += ", a" + std::to_string(i) + ": {anyOf: [" + next + ", " + next + "]}";
  }
  EXPECT_NE(wrong(wide + "}}", "1").find("too many alternatives"), std::string::npos);
}

TEST(Schema, SaysWhatIsWrongWithItselfAndWhere) {
  EXPECT_EQ(
      problems_of(R"({$schema: "https://json-schema.org/draft/2020-12/schema", title: T, type: object})"),
      "none");
  EXPECT_EQ(problems_of(R"(type: strin
propertes: {}
pattern: "^a"
required: a
minLength: -1
properties:
  a: {items: 3, anyOf: [], minimum: x}
  b: {$ref: "#/$defs/c"}
)"),
            R"(s.yaml:1:7: `strin` is no type of JSON (did you mean `string`?)
s.yaml:2:1: `propertes` is no keyword of a schema that is checked here (did you mean `properties`?)
s.yaml:3:1: `pattern` is no keyword of a schema that is checked here (docs/pipelines.md lists those that are)
s.yaml:4:11: `required` must be a list of texts
s.yaml:5:12: `minLength` must be a number from 0 on
s.yaml:7:14: a schema is a mapping, `true` or `false`, not a integer (for example `{type: object}`)
s.yaml:7:24: `anyOf` must be a list of schemas
s.yaml:7:37: `minimum` must be a number
s.yaml:8:13: `$ref` leads to `#/$defs/c`, which is not in this schema (`#/$defs/NAME` names one of its `$defs`))");
}

TEST(Schema, APortOfJsonMayHaveOne) {
  std::vector<Problem> problems;
  auto const ports =
      parse_ports(*Yaml::parse("o: {type: json, schema: {type: object, required: [a]}}", "p.yaml"), problems);
  ASSERT_TRUE(problems.empty()) << to_error(problems, "p.yaml").message();
  EXPECT_TRUE(bind_inputs(ports, Value::record({{"o", Value::record({{"a", 1}})}})));
  auto const bound = bind_inputs(ports, Value::record({{"o", Value::record({{"b", 1}})}}));
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().message(), "wrong input: o: there is no field `a`");
}

TEST(Schema, OnlyAPortOfJsonHasOneAndItsDefaultFits) {
  std::vector<Problem> problems;
  (void)parse_ports(
      *Yaml::parse("a: {type: text, schema: {}}\nb: {type: json, default: 3, schema: {maximum: 2}}",
                   "p.yaml"),
      problems);
  EXPECT_EQ(to_error(problems, "p.yaml").message(),
            "p.yaml:1:17: `schema` belongs to a port of type `json`\n"
            "p.yaml:2:26: the default of input `b`: must be at most 2");
}

}  // namespace
}  // namespace shoal::value
