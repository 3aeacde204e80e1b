#include <gtest/gtest.h>

#include "functions/test_call.h"
#include "value/records.h"

namespace shoal::functions {
namespace {

using value::Value;

Value passage(std::string text, std::int64_t page, std::vector<value::Box> boxes) {
  value::Passage made;
  made.id = "a.pdf#p1.1";
  made.document = "a.pdf";
  made.page = page;
  made.text = std::move(text);
  made.boxes = std::move(boxes);
  return value::to_value(made);
}

std::vector<std::string> texts(Value const& sentences) {
  std::vector<std::string> found;
  for (auto const& each : sentences.as_list()) found.push_back(each["text"].as_text());
  return found;
}

TEST(Sentences, AreCutInEveryLanguageAndNotAfterAbbreviations) {
  auto const cut = outputs_of(
      "sentences",
      Value::record(
          {{"passages", Value::list({passage("Mr. Smith came at 3.5 p.m. today. \"He left!\" Später kam z. "
                                             "B. der Dr. Müller. 他来了。他走了。 هل جاء؟ نعم.",
                                             1, {})})}}));
  EXPECT_EQ(texts(cut["sentences"]),
            (std::vector<std::string>{"Mr. Smith came at 3.5 p.m. today.", "\"He left!\"",
                                      "Später kam z. B. der Dr. Müller.", "他来了。", "他走了。", "هل جاء؟",
                                      "نعم."}));
}

TEST(Sentences, KeepTheirPageAndTheBoxesOfTheirLinesOnly) {
  auto const cut =
      outputs_of("sentences",
                 Value::record({{"passages", Value::list({passage("One line ends. Two\nlines begin here.", 7,
                                                                  {{0, 0, 10, 10}, {0, 10, 10, 20}})})}}));
  auto const& sentences = cut["sentences"].as_list();
  ASSERT_EQ(sentences.size(), 2u);
  EXPECT_EQ(sentences[0]["page"], Value(7));
  EXPECT_EQ(sentences[0]["boxes"].as_list().size(), 1u);
  EXPECT_EQ(sentences[1]["boxes"].as_list().size(), 2u);
}

TEST(Sentences, OfATextFileHaveTheLineThatTheyBeginOn) {
  auto const whole = passage("One line ends. Two\nlines begin\nhere. A third.", 0, {}).with("line", 40);
  auto const cut = outputs_of("sentences", Value::record({{"passages", Value::list({whole})}}));
  std::vector<std::int64_t> lines;
  for (auto const& each : cut["sentences"].as_list()) lines.push_back(each["line"].as_integer());
  EXPECT_EQ(lines, (std::vector<std::int64_t>{40, 40, 42}));
}

TEST(Sentences, WhatPassagesShareComesOnce) {
  auto const cut =
      outputs_of("sentences", Value::record({{"passages", Value::list({passage("A one. B two.", 1, {}),
                                                                       passage("B two. C three.", 1, {}),
                                                                       passage("B two.", 2, {})})}}));
  EXPECT_EQ(texts(cut["sentences"]), (std::vector<std::string>{"A one.", "B two.", "C three.", "B two."}));
}

}  // namespace
}  // namespace shoal::functions
