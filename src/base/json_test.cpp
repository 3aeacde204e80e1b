#include "base/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace shoal {
namespace {

std::string round_trip(std::string_view text) {
  auto json = Json::parse(text);
  return json ? json->dump() : json.error().message();
}

std::string parse_error(std::string_view text) {
  auto json = Json::parse(text);
  return json ? "parsed: " + json->dump() : json.error().message();
}

TEST(JsonTest, KeepsEveryKindAndTheOrderOfKeys) {
  std::string text = R"({"z":null,"a":[true,false,1,-2,1.5,"x",{}],"m":{"k":[]}})";
  EXPECT_EQ(round_trip(text), text);
  EXPECT_EQ(round_trip(" [ 1 ,\n 2 ] "), "[1,2]");
}

TEST(JsonTest, IntegersAndNumbersDiffer) {
  EXPECT_TRUE(Json::parse("1")->is_integer());
  EXPECT_FALSE(Json::parse("1.0")->is_integer());
  EXPECT_EQ(round_trip("[1,1.0,-0.0,1e2,1e300]"), "[1,1.0,-0.0,100.0,1e+300]");
  EXPECT_FALSE(*Json::parse("1") == *Json::parse("1.0"));
  EXPECT_EQ(round_trip("[9223372036854775807,-9223372036854775808]"),
            "[9223372036854775807,-9223372036854775808]");
  auto large = *Json::parse("9223372036854775808");
  EXPECT_FALSE(large.is_integer());
  EXPECT_EQ(large.as_number(), 9223372036854775808.0);
  EXPECT_EQ(Json::parse("123456789012345678901234567890")->as_number(), 123456789012345678901234567890.0);
}

TEST(JsonTest, NumbersReadBackExactly) {
  for (double value : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, 123456.789, 1e21, 1e22, -2.5e-10}) {
    auto text = Json(value).dump();
    auto back = *Json::parse(text);
    EXPECT_FALSE(back.is_integer()) << text;
    EXPECT_EQ(back.as_number(), value) << text;
  }
  EXPECT_EQ(Json(0.1).dump(), "0.1");
}

TEST(JsonTest, WhatJsonCannotSayBecomesNull) {
  EXPECT_EQ(Json(std::nan("")).dump(), "null");
  EXPECT_EQ(Json(-std::numeric_limits<double>::infinity()).dump(), "null");
}

TEST(JsonTest, StringsAreEscapedAndReadBack) {
  std::string text = "quote \" backslash \\ newline \n tab \t bell \a nul ";
  text.push_back('\0');
  text += " ü 漢 😀";
  auto dumped = Json(text).dump();
  EXPECT_NE(dumped.find("\\u0007"), std::string::npos);
  EXPECT_NE(dumped.find("\\u0000"), std::string::npos);
  EXPECT_NE(dumped.find("漢"), std::string::npos);
  EXPECT_EQ(Json::parse(dumped)->as_string(), text);
  EXPECT_EQ(Json::parse(R"("\ud83d\ude00\u00fc")")->as_string(), "😀ü");
}

TEST(JsonTest, InvalidUtf8IsReplacedWhenWrittenAndRefusedWhenRead) {
  EXPECT_EQ(Json("a\xFF"
                 "b")
                .dump(),
            "\"a\uFFFDb\"");
  EXPECT_EQ(Json::object({{"\xC0", 1}}).dump(), "{\"\uFFFD\":1}");
  EXPECT_FALSE(Json::parse("\"\xFF\"").has_value());
  EXPECT_FALSE(Json::parse(R"("\ud83d")").has_value());
}

TEST(JsonTest, ErrorsNameLineAndColumnInCharacters) {
  EXPECT_NE(parse_error("{\n  \"ü\": x}").find("line 2, column 8"), std::string::npos)
      << parse_error("{\n  \"ü\": x}");
  EXPECT_NE(parse_error("[1,").find("line 1, column 4"), std::string::npos) << parse_error("[1,");
  EXPECT_NE(parse_error("").find("line 1, column 1"), std::string::npos) << parse_error("");
  EXPECT_NE(parse_error("[1] 2").find("line 1, column 5"), std::string::npos) << parse_error("[1] 2");
  EXPECT_EQ(Json::parse("[1,").error().code(), Code::invalid_argument);
}

TEST(JsonTest, RefusesWhatIsNotJson) {
  for (auto text : {"NaN", "Infinity", "01", "1.", ".5", "'a'", "{a:1}", "[1,]", "{\"a\":1,}", "// x\n1",
                    "nul", "1e999", "\"a\nb\"", "[1]]", "{\"a\" 1}"}) {
    EXPECT_FALSE(Json::parse(text).has_value()) << text;
  }
}

TEST(JsonTest, DepthIsLimited) {
  auto nested = [](int depth) {
    auto count = static_cast<std::size_t>(depth);
    return std::string(count, '[') + std::string(count, ']');
  };
  EXPECT_TRUE(Json::parse(nested(128)).has_value());
  EXPECT_NE(parse_error(nested(129)).find("128 levels"), std::string::npos);
  EXPECT_TRUE(Json::parse(nested(3), 3).has_value());
  EXPECT_FALSE(Json::parse(nested(4), 3).has_value());
  EXPECT_FALSE(Json::parse(std::string(1'000'000, '[')).has_value());
}

TEST(JsonTest, OfDuplicateKeysTheLastValueWins) {
  EXPECT_EQ(round_trip(R"({"a":1,"b":2,"a":3,"c":4,"a":5,"b":6})"), R"({"a":5,"b":6,"c":4})");
  std::string large = "{";
  for (int i = 0; i < 100; ++i) large += "\"k" + std::to_string(i % 50) + "\":" + std::to_string(i) + ",";
  large += "\"end\":0}";
  auto json = *Json::parse(large);
  ASSERT_EQ(json.as_object().size(), 51u);
  EXPECT_EQ(json.as_object()[0].first, "k0");
  EXPECT_EQ(json["k0"].as_integer(), 50);
  EXPECT_EQ(json["k49"].as_integer(), 99);
}

TEST(JsonTest, IndentedTextHasOneMemberALine) {
  auto json = Json::object({{"a", Json::array({1, 2})}, {"b", Json::object()}});
  EXPECT_EQ(json.dump(2), "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}");
  EXPECT_EQ(*Json::parse(json.dump(2)), json);
}

TEST(JsonTest, ReadersFallBackOnAnotherKind) {
  auto json = *Json::parse(R"({"text":"x","two":2.0,"half":0.5,"huge":1e300,"flag":true})");
  EXPECT_EQ(json["text"].as_integer(7), 7);
  EXPECT_EQ(json["two"].as_integer(7), 2);
  EXPECT_EQ(json["half"].as_integer(7), 7);
  EXPECT_EQ(json["huge"].as_integer(7), 7);
  EXPECT_EQ(json["flag"].as_number(0.5), 0.5);
  EXPECT_EQ(json["two"].as_string(), "");
  EXPECT_TRUE(json["missing"].is_null());
  EXPECT_TRUE(json["text"]["deeper"].is_null());
  EXPECT_TRUE(json["text"].as_array().empty());
}

TEST(JsonTest, BuildsFromNull) {
  Json json;
  json.set("a", 1).set("b", "x").set("a", 2);
  json.set("list", Json().push(1).push(Json::object({{"k", nullptr}})));
  EXPECT_EQ(json.dump(), R"({"a":2,"b":"x","list":[1,{"k":null}]})");
}

TEST(JsonTest, RequiredMembersAreNamedInErrors) {
  auto json = *Json::parse(R"({"name":"x","count":3,"whole":4.0,"half":0.5})");
  EXPECT_EQ(*require_string(json, "name"), "x");
  EXPECT_EQ(*require_integer(json, "count"), 3);
  EXPECT_EQ(*require_integer(json, "whole"), 4);
  EXPECT_EQ(require_integer(json, "half").error().message(), "`half` must be of type integer, not number");
  EXPECT_EQ(require_string(json, "count").error().message(), "`count` must be of type string, not integer");
  EXPECT_EQ(require_string(json, "nome").error().message(), "`nome` is missing; it must be of type string");
}

}  // namespace
}  // namespace shoal
