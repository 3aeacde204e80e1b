#include "base/yaml.h"

#include <gtest/gtest.h>

namespace shoal {
namespace {

Yaml parse(std::string_view text) {
  auto yaml = Yaml::parse(text, "file.yaml");
  EXPECT_TRUE(yaml.has_value()) << yaml.error().message();
  return yaml ? *std::move(yaml) : Yaml();
}

std::string error(std::string_view text) {
  auto yaml = Yaml::parse(text, "file.yaml");
  if (yaml) return "parsed: " + yaml->to_json().dump();
  EXPECT_EQ(yaml.error().code(), Code::invalid_argument);
  return yaml.error().message();
}

std::string repeat(std::string_view text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

TEST(YamlTest, ReadsADocument) {
  auto yaml = parse(
      "name: scan\nsteps:\n  read: {use: ocr.pages, with: [1, \"2\"]}\n  note: |\n    two\n    lines\n");
  EXPECT_EQ(yaml.to_json().dump(),
            R"({"name":"scan","steps":{"read":{"use":"ocr.pages","with":[1,"2"]},"note":"two\nlines\n"}})");
  ASSERT_NE(yaml.find("name"), nullptr);
  EXPECT_EQ(yaml.find("name")->text(), "scan");
  EXPECT_EQ(yaml.find("nome"), nullptr);
}

TEST(YamlTest, PlainScalarsFollowTheCoreSchema) {
  auto json = parse(
                  "[null, ~, true, FALSE, yes, no, on, off, 12, -3, +4, 0x1F, 0o17, 017, 1.5, .5, 1., 1e3, "
                  "1_000, 12:30,"
                  " 0x, 0x-1, 0o8, +, '.', 1e, -, truth, 2026-11-24]")
                  .to_json();
  EXPECT_EQ(
      json.dump(),
      R"([null,null,true,false,"yes","no","on","off",12,-3,4,31,15,17,1.5,0.5,1.0,1000.0,"1_000","12:30",)"
      R"("0x","0x-1","0o8","+",".","1e","-","truth","2026-11-24"])");
  auto special = parse("[.inf, -.INF, .nan]");
  EXPECT_GT(special.items()[0].number(), 1e308);
  EXPECT_LT(special.items()[1].number(), -1e308);
  EXPECT_NE(special.items()[2].number(), special.items()[2].number());
  EXPECT_EQ(parse("99999999999999999999").kind(), Yaml::Kind::number);
}

TEST(YamlTest, QuotedAndBlockScalarsAreStrings) {
  EXPECT_EQ(parse("['1', \"true\", '', \"~\"]").to_json().dump(), R"(["1","true","","~"])");
  EXPECT_EQ(parse("a: |\n  12\n").find("a")->kind(), Yaml::Kind::string);
  EXPECT_EQ(parse("a: 0x1F").find("a")->text(), "0x1F");
}

TEST(YamlTest, PositionsCountFromOneAndInCharacters) {
  auto yaml = parse("a: 1\nmäp:\n  - ü: \"ä\"\n  - {漢字: x, y: z}\n");
  EXPECT_EQ(yaml.position(), (Position{1, 1}));
  EXPECT_EQ(yaml.entries()[0].value.position(), (Position{1, 4}));
  EXPECT_EQ(yaml.entries()[1].key_position, (Position{2, 1}));
  auto const& list = yaml.entries()[1].value;
  EXPECT_EQ(list.items()[0].entries()[0].value.position(), (Position{3, 8}));
  EXPECT_EQ(list.items()[1].entries()[1].key_position, (Position{4, 13}));
  EXPECT_EQ(list.items()[1].entries()[1].value.position(), (Position{4, 16}));
}

TEST(YamlTest, AValueLeftOutStandsAtItsKey) {
  auto yaml = parse("a:\n\nb: 1\n");
  EXPECT_TRUE(yaml.entries()[0].value.is_null());
  EXPECT_EQ(yaml.entries()[0].value.position(), (Position{1, 1}));
}

TEST(YamlTest, ByteOrderMarkAndCarriageReturnsAreNoContent) {
  auto yaml = parse(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: x\r\n");
  EXPECT_EQ(yaml.to_json().dump(), R"({"a":1,"b":"x"})");
  EXPECT_EQ(yaml.entries()[0].key_position, (Position{1, 1}));
  EXPECT_EQ(yaml.entries()[1].value.position(), (Position{2, 4}));
}

TEST(YamlTest, EmptyTextsAreNull) {
  for (auto text : {"", "\n\n", "# only a comment\n", "---\n"}) EXPECT_TRUE(parse(text).is_null()) << text;
  EXPECT_EQ(parse("").position(), (Position{1, 1}));
}

TEST(YamlTest, RefusesWhatTheSchemaLeavesOut) {
  EXPECT_EQ(error("a: &x 1"), "file.yaml:1:4: anchors are not accepted (quote a text that begins with `&`)");
  EXPECT_EQ(error("a: *.pdf"), "file.yaml:1:4: aliases are not accepted (quote a text that begins with `*`)");
  EXPECT_EQ(error("a: !!str 1"), "file.yaml:1:4: tags are not accepted (quote a text that begins with `!`)");
  EXPECT_EQ(error("a: ! 1"), "file.yaml:1:4: tags are not accepted (quote a text that begins with `!`)");
  EXPECT_EQ(error("b:\n  - !x {a: b}"),
            "file.yaml:2:5: tags are not accepted (quote a text that begins with `!`)");
  EXPECT_TRUE(error("a: 1\n---\nb: 2").starts_with("file.yaml:2:1: a second document"));
  EXPECT_TRUE(error("a: 1\n- b\n").starts_with("file.yaml:2:1: expected a key of the mapping above"));
  EXPECT_TRUE(error("[a] b").starts_with("file.yaml:1:5: this does not belong to the document above"));
  EXPECT_TRUE(error("? [a]\n: b").starts_with("file.yaml:1:3: a key must be a plain name"));
  EXPECT_TRUE(error("text: {{name}}").starts_with("file.yaml:1:8: a key must be a plain name"));
  EXPECT_TRUE(error(": b").starts_with("file.yaml:1:1: a key is missing here"));
}

TEST(YamlTest, RefusesDuplicateKeys) {
  EXPECT_EQ(error("x:\n  ü: 1\n  b: 2\n  ü: 3\n"), "file.yaml:4:3: the key `ü` was given before, in line 2");
  EXPECT_EQ(error("{a: 1, 'a': 2}"), "file.yaml:1:8: the key `a` was given before, in line 1");
  EXPECT_TRUE(error("a: {k: 1}\nb: {k: 1}\n").starts_with("parsed"));
}

TEST(YamlTest, SyntaxErrorsSayWhatMendsThem) {
  EXPECT_EQ(error("a: b: c"), "file.yaml:1:5: `:` cannot stand here (quote a text that contains `: `)");
  EXPECT_EQ(error("a:\n\tb: 1"), "file.yaml:2:3: a tab in the indentation (use spaces)");
  EXPECT_EQ(error("a: @x"), "file.yaml:1:4: a value cannot begin with this character (quote the text)");
  EXPECT_EQ(error("a: \"ü"), "file.yaml:1:4: a quoted text has no end");
  EXPECT_EQ(error("ü: \"äöü\" x"),
            "file.yaml:1:4: the quoted text that begins here ends in line 1, column 8, and more follows "
            "(write `\\\"` for a quote within it)");
  EXPECT_EQ(
      error("- a\nb: c"),
      "file.yaml:2:1: this does not belong to the document above (check the indentation and the quotes)");
  EXPECT_EQ(error("x:\n  - a\n  b: c"),
            "file.yaml:3:3: expected a key of the mapping above (check the indentation)");
}

TEST(YamlTest, AForgottenQuoteIsReportedWhereItOpens) {
  EXPECT_EQ(error("a: \"x\nb: 1\nc: 2\n"), "file.yaml:1:4: a quoted text has no end");
  EXPECT_EQ(error("a: 1\nb: {c: \"it is, d: e}\nf: 2\n"), "file.yaml:2:8: a quoted text has no end");
  EXPECT_EQ(error("a: \"x\nb: {c: \"y\"}\n"),
            "file.yaml:1:4: the quoted text that begins here ends in line 2, column 8, and more follows "
            "(write `\\\"` for a quote within it)");
  EXPECT_EQ(error("a: 'It's here'\n"),
            "file.yaml:1:4: the quoted text that begins here ends in line 1, column 7, and more follows "
            "(write `''` for a quote within it)");
  // Quotes that begin no value, and those that are right, are not blamed.
  EXPECT_EQ(error("a: it's \"so\n# don't\nb: c: d"),
            "file.yaml:3:5: `:` cannot stand here (quote a text that contains `: `)");
  EXPECT_EQ(error("a: 'It''s \"so'\nb: \"\\\"\"\nc: {d: e"),
            "file.yaml:3:1: expected `,` or `}` (quote a text that begins with `{`)");
  EXPECT_TRUE(error("a: |\n  \"x\n  'y\nb: \"two\n  lines\"\n").starts_with("parsed"));
}

TEST(YamlTest, RefusesBytesThatAreNoText) {
  EXPECT_EQ(error("a: ü\n\nb: \xFF"), "file.yaml:3:4: not valid UTF-8");
  EXPECT_TRUE(error(std::string_view("a: x\0y", 6)).starts_with("file.yaml:1:5: the control character 0"));
  EXPECT_TRUE(error("a: \x04 b").starts_with("file.yaml:1:4: the control character 4"));
  EXPECT_FALSE(Yaml::parse(std::string_view("\xFF\xFE"
                                            "a\0:\0 \0",
                                            8),
                           "utf16")
                   .has_value());
}

TEST(YamlTest, DepthIsLimited) {
  EXPECT_TRUE(error(repeat("[", 64) + repeat("]", 64)).starts_with("parsed"));
  EXPECT_EQ(error(repeat("[", 65) + repeat("]", 65)), "file.yaml:1:65: nested deeper than 64 levels");
  EXPECT_EQ(error(repeat("- ", 100'000)), "file.yaml:1:129: nested deeper than 64 levels");
  EXPECT_EQ(error(repeat("- ", 100'000) + ":"), "file.yaml:1:129: nested deeper than 64 levels");
  EXPECT_FALSE(Yaml::parse(repeat("? ", 100'000), "f").has_value());
  EXPECT_FALSE(Yaml::parse(repeat("{a: ", 100'000), "f").has_value());
}

TEST(YamlTest, HostileSizesAreRefusedBeforeTheyCostMemory) {
  EXPECT_TRUE(error(std::string(17 << 20, ' ')).starts_with("file.yaml: 17.8 MB of YAML"));
  EXPECT_NE(error(std::string(4 << 20, '[')).find("longer than 1.0 MB"), std::string::npos);
  EXPECT_TRUE(
      error("a: 1\nb: '" + std::string(2 << 20, 'x') + "'").starts_with("file.yaml:2:1: a value after"));
  EXPECT_TRUE(error("a: '" + std::string(1'000'000, 'x') + "'").starts_with("parsed"));
  std::string laughs = "a: &a [x, x]\n";
  for (char c = 'b'; c < 'k'; ++c)
    laughs += std::string(1, c) + ": &" + c + " [*" + char(c - 1) + ", *" + char(c - 1) + "]\n";
  EXPECT_TRUE(error(laughs).starts_with("file.yaml:1:4: anchors are not accepted"));
}

TEST(YamlTest, ProblemsAreSortedOneALine) {
  auto error =
      to_error({{{3, 1}, "third", ""}, {{1, 9}, "second", "a hint"}, {{1, 2}, "first", ""}}, "f.yaml");
  EXPECT_EQ(error.code(), Code::invalid_argument);
  EXPECT_EQ(error.message(), "f.yaml:1:2: first\nf.yaml:1:9: second (a hint)\nf.yaml:3:1: third");
}

}  // namespace
}  // namespace shoal
