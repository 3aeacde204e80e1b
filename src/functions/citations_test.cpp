#include "functions/citations.h"

#include "functions/test_call.h"

namespace shoal::functions {
namespace {

using value::Passage;
using value::Value;

std::string found(std::string const& text, std::string_view quote) {
  auto place = find_quote(fold(text), quote);
  return place ? text.substr(place->begin, place->size()) : "";
}

TEST(FindQuote, GivesThePagesOwnCharacters) {
  EXPECT_EQ(found("the quick\n  brown fox", "quick brown"), "quick\n  brown");
  EXPECT_EQ(found("He said “it’s late” — twice.", "\"it's late\" - twice"), "it’s late” — twice");
  EXPECT_EQ(found("an inter-\nesting story", "interesting story"), "inter-\nesting story");
  EXPECT_EQ(found("a well-known man", "a well-\nknown man"), "a well-known man");
  EXPECT_EQ(found("of\xc2\xad\nfice work", "office"), "of\xc2\xad\nfice");
  EXPECT_EQ(found("the ﬁrst oﬃce", "first office"), "ﬁrst oﬃce");
  EXPECT_EQ(found("one--two", "one—two"), "one--two");
}

TEST(FindQuote, IsStrictAboutWords) {
  EXPECT_EQ(found("the quick brown fox", "quick red"), "");
  EXPECT_EQ(found("the quick brown fox", "quick brow"), "");
  EXPECT_EQ(found("nowhere", "now here"), "");
  EXPECT_EQ(found("now here", "nowhere"), "");
  EXPECT_EQ(found("14 - 15", "1415"), "");
  EXPECT_EQ(found("other the end", "the"), "the");
  EXPECT_EQ(found("in 1875.", "in 187"), "");
}

TEST(FindQuote, MarksAroundTheQuoteDoNotCount) {
  EXPECT_EQ(found("the quick brown fox, they said", "“the quick brown fox.”"), "the quick brown fox");
  EXPECT_EQ(found("End of it. Next", "End of it."), "End of it.");
  EXPECT_EQ(found("the fox", "..."), "");
  EXPECT_EQ(found("the fox", ""), "");
  EXPECT_EQ(found("a fox", "a"), "");
}

TEST(FindQuote, WorksInGermanChineseAndArabic) {
  EXPECT_EQ(found("Die Größe der Stra-\nße beträgt", "Größe der Straße"), "Größe der Stra-\nße");
  EXPECT_EQ(found("今天天气\n很好，我们去公园。", "天气很好"), "天气\n很好");
  EXPECT_EQ(found("今天天气很好", "天 气"), "天气");
  EXPECT_EQ(found("ذهب الولد إلى\nالمدرسة في الصباح", "الولد إلى المدرسة"), "الولد إلى\nالمدرسة");
  EXPECT_EQ(found("ذهب الولد", "الول"), "");
}

TEST(FindQuote, TakesLinearTime) {
  std::string text(200'000, 'a');
  EXPECT_EQ(found(text, std::string(100'000, 'a') + "b"), "");
}

Passage passage(std::string document, std::int64_t page, std::string text) {
  Passage passage;
  passage.document = document;
  passage.page = page;
  passage.text = text;
  for (std::size_t i = 0; i < lines_of(text).size(); ++i) {
    auto y = 10.0 * static_cast<double>(i);
    passage.boxes.push_back({1, y, 2, y + 8});
  }
  return passage;
}

Value cited(Value quotes, std::vector<Passage> const& passages, std::string answer = "yes") {
  Value::List list{Value()};
  for (auto const& passage : passages) list.push_back(value::to_value(passage));
  return outputs_of("cite", Value::record({{"quotes", quotes}, {"passages", list}, {"answer", answer}}));
}

TEST(Cite, GivesPageQuoteAndTheBoxesOfItsLines) {
  auto outputs = cited(Value::list({"third line here", "second line of it"}),
                       {passage("a.pdf", 1, "nothing"),
                        passage("b.pdf", 7, "first line\nsecond line\n\nof it and\nthird line here\nend")});
  EXPECT_EQ(outputs["abstained"], Value(false));
  EXPECT_EQ(outputs["answer"], Value("yes"));
  ASSERT_EQ(outputs["citations"].as_list().size(), 2u);
  auto const& first = outputs["citations"].as_list()[0];
  EXPECT_EQ(first["document"], Value("b.pdf"));
  EXPECT_EQ(first["page"], Value(7));
  EXPECT_EQ(first["quote"], Value("third line here"));
  EXPECT_EQ(first["boxes"], Value::list({value::to_value(value::Box{1, 30, 2, 38})}));
  auto const& second = outputs["citations"].as_list()[1];
  EXPECT_EQ(second["quote"], Value("second line\n\nof it"));
  EXPECT_EQ(second["boxes"].as_list().size(), 2u);
}

TEST(Cite, WithoutAProvenQuoteThereIsNoAnswer) {
  auto outputs =
      cited(Value::list({"the moon is made of cheese"}), {passage("a.pdf", 1, "the moon is made of rock")});
  EXPECT_EQ(outputs["abstained"], Value(true));
  EXPECT_EQ(outputs["answer"], Value(""));
  EXPECT_EQ(outputs["missing"], Value::list({"the moon is made of cheese"}));
  EXPECT_TRUE(cited(Value::list(), {})["abstained"].as_boolean());
}

TEST(Cite, TheSameQuoteIsCitedOnce) {
  auto same = passage("a.pdf", 1, "the moon is made of rock");
  auto outputs = cited(Value::list({"made of rock", "made of rock.", Value()}), {same, same});
  EXPECT_EQ(outputs["citations"].as_list().size(), 1u);
}

TEST(Cite, AllBoxesWhereLinesAndBoxesDoNotCorrespond) {
  auto odd = passage("a.pdf", 1, "one\ntwo three");
  odd.boxes.push_back({9, 9, 9, 9});
  EXPECT_EQ(boxes_of(odd, {0, 3}).size(), 3u);
  EXPECT_TRUE(boxes_of(passage("a", 0, ""), {0, 0}).empty());
}

TEST(Cite, CapitalsDoNotMatterAndTheWholePassageCanBeCited) {
  value::Passage sentence;
  sentence.document = "a.pdf";
  sentence.page = 3;
  sentence.text = "There were nine villages in the ÄUSSERE valley.";
  auto const cited =
      outputs_of("cite", Value::record({{"quotes", Value::list({"Nine Villages in the äussere"})},
                                        {"passages", Value::list({value::to_value(sentence)})},
                                        {"answer", "nine"},
                                        {"whole", true}}));
  EXPECT_FALSE(cited["abstained"].as_boolean());
  EXPECT_EQ(cited["citations"].as_list().at(0)["quote"].as_text(), sentence.text);
}

}  // namespace
}  // namespace shoal::functions
