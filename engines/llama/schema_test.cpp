#include "engines/llama/schema.h"

#include <gtest/gtest.h>

namespace shoal::llama_engine {
namespace {

TEST(Schema, GivesAGrammarFromAnObjectOrItsText) {
  std::string const text = R"({"type":"object","properties":{"age":{"type":"integer"}},"required":["age"]})";
  auto const from_object = grammar_of_schema(*Json::parse(text));
  ASSERT_TRUE(from_object) << from_object.error().message();
  EXPECT_NE(from_object->find("root ::="), std::string::npos);
  auto const from_text = grammar_of_schema(text);
  ASSERT_TRUE(from_text);
  EXPECT_EQ(*from_text, *from_object);
}

TEST(Schema, KeepsTheOrderOfProperties) {
  auto const grammar = grammar_of_schema(*Json::parse(
      R"({"properties":{"zebra":{"type":"null"},"ant":{"type":"null"}},"required":["zebra","ant"]})"));
  ASSERT_TRUE(grammar);
  EXPECT_LT(grammar->find("root ::="), grammar->size());
  auto const root = grammar->substr(grammar->find("root ::="));
  EXPECT_LT(root.find("zebra"), root.find("ant"));
}

TEST(Schema, SaysWhatIsWrong) {
  for (auto const& schema : {Json(12), Json("{"), Json(Json::array()), Json::object({{"$ref", "#/nowhere"}}),
                             Json::object({{"type", "teapot"}}), Json(std::string(300'000, ' ') + "12")}) {
    auto const grammar = grammar_of_schema(schema);
    ASSERT_FALSE(grammar) << schema.dump().substr(0, 60);
    EXPECT_EQ(grammar.error().code(), Code::invalid_argument);
    EXPECT_NE(grammar.error().message().find("schema"), std::string::npos) << grammar.error().message();
  }
}

}  // namespace
}  // namespace shoal::llama_engine
