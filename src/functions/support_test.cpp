#include <gtest/gtest.h>

#include "functions/test_call.h"
#include "value/records.h"

namespace shoal::functions {
namespace {

using value::Value;

Value passages(std::vector<std::string> const& texts) {
  Value::List list;
  for (auto const& text : texts) {
    value::Passage passage;
    passage.document = "a.pdf";
    passage.page = static_cast<std::int64_t>(list.size()) + 1;
    passage.text = text;
    list.push_back(value::to_value(passage));
  }
  return list;
}

// The page that supports the answer, 0 for none.
std::int64_t supporting_page(std::string const& question, std::string const& answer,
                             std::vector<std::string> const& texts) {
  auto const outputs = outputs_of(
      "support", Value::record({{"question", question}, {"answer", answer}, {"passages", passages(texts)}}));
  auto const& citations = outputs["citations"].as_list();
  EXPECT_EQ(outputs["abstained"].as_boolean(), citations.empty());
  EXPECT_EQ(outputs["answer"].as_text(), citations.empty() ? "" : answer);
  return citations.empty() ? 0 : citations[0]["page"].as_integer();
}

TEST(Support, AnAnswerInOtherWordOrderIsSupported) {
  EXPECT_EQ(supporting_page(
                "What is the Magnetberg?", "The Magnetberg is a mountain of loadstone.",
                {"We saw the sea.", "he told me that it was a mountain of load-\nstone that drew the iron"}),
            2);
}

TEST(Support, AWordOrANumberThatNoPassageHasIsNot) {
  EXPECT_EQ(supporting_page("When did he marry?", "He married in 1994.", {"He married in 1894."}), 0);
  EXPECT_EQ(supporting_page("Who broke it?", "Edward and Thomas", {"Edward broke it.", "Thomas ran."}), 0);
}

TEST(Support, AnAnswerOfTheQuestionsOwnWordsMustStandVerbatim) {
  EXPECT_EQ(supporting_page("Who was the king, Zabulun?", "King Zabulun", {"Zabulun spoke to the king."}), 0);
  EXPECT_EQ(supporting_page("Was it red or blue?", "red", {"It was blue.", "It was red."}), 2);
}

TEST(Support, WhatIsDeniedIsNotSaid) {
  auto const asked = "What became of the tax?";
  std::string const denied = "The tax was not repealed then.", said = "In 1851 the tax was repealed.";
  EXPECT_EQ(supporting_page(asked, "It was repealed.", {denied, said}), 2);
  EXPECT_EQ(supporting_page(asked, "It was not repealed.", {said, denied}), 2);
  EXPECT_EQ(supporting_page(asked, "It wasn’t repealed.", {said, denied}), 2);
  EXPECT_EQ(supporting_page(asked, "It was repealed.", {"It isn't repealed."}), 0);
  EXPECT_EQ(supporting_page("Who came?", "No visitors came.", {"Visitors came.", "There were no visitors."}),
            2);
  EXPECT_EQ(supporting_page("Was geschah?", "Sie wurde aufgehoben", {"Sie wurde nicht aufgehoben."}), 0);
  EXPECT_EQ(
      supporting_page("Was fehlte?", "Es gab kein Fenster", {"Es gab Fenster.", "Es hatte kein Fenster."}),
      2);
  EXPECT_EQ(supporting_page("Qu'en fut-il ?", "Il fut aboli", {"Il ne fut pas aboli.", "Il fut aboli."}), 2);
  EXPECT_EQ(supporting_page("Qu'en fut-il ?", "Il n'est pas aboli", {"Il est aboli.", "Il n’est pas aboli."}),
            2);
}

TEST(Support, ANegationElsewhereInTheSentenceDoesNotHurt) {
  EXPECT_EQ(supporting_page("When was it repealed?", "1851", {"It was not repealed until 1851."}), 1);
  EXPECT_EQ(supporting_page("Which house?", "No. 5, Mill Lane", {"He lived at No. 5, Mill Lane."}), 1);
  EXPECT_EQ(supporting_page("Which house?", "Number 5", {"The number of it was no. 5."}), 1);
}

TEST(Support, OtherScripts) {
  EXPECT_EQ(supporting_page("谁写了这封信？", "李白", {"这封信是杜甫写的。", "这封信是李白写的。"}), 2);
  EXPECT_EQ(supporting_page("من كتب الرسالة؟", "كتبها أحمد الكبير", {"كتبها أحمد الكبير في مارس."}), 1);
  EXPECT_EQ(supporting_page("Wohin fuhr das Schiff?", "Nach Übersee", {"Das Schiff fuhr nach ÜBERSEE."}), 1);
}

TEST(Support, NothingSupportsNothing) { EXPECT_EQ(supporting_page("Who?", "", {"Somebody."}), 0); }

}  // namespace
}  // namespace shoal::functions
