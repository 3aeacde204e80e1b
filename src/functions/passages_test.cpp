#include "functions/passages.h"

#include <algorithm>

#include "base/text.h"
#include "functions/test_call.h"

namespace shoal::functions {
namespace {

using value::Page;
using value::Passage;
using value::Value;

// A page as an engine makes it: ten words a line, a box for each word.
Page page_of(std::string const& text, std::int64_t number = 1) {
  Page page;
  page.number = number;
  page.text = text;
  std::int64_t line = 0;
  for (auto part : split(text, '\n')) {
    double x = 50;
    for (auto word : split(part, ' ')) {
      if (word.empty()) continue;
      auto y = 100.0 + 12.0 * static_cast<double>(line);
      page.words.push_back({std::string(word), {x, y, x + 20, y + 10}, 1, line});
      x += 25;
    }
    line += !trim(part).empty();
  }
  return page;
}

std::string numbered_sentences(int sentences, int words, int words_a_line = 10) {
  std::string text;
  int word = 0;
  for (int i = 0; i < sentences; ++i) {
    for (int j = 0; j < words; ++j) {
      text += (j == 0 ? "W" : "w") + std::to_string(word++) + (j + 1 == words ? "." : "");
      text += word % words_a_line == 0 ? "\n" : " ";
    }
  }
  return text;
}

std::size_t words_in(std::string_view text) {
  std::size_t words = 0;
  bool inside = false;
  for (char c : text) {
    bool space = c == ' ' || c == '\n';
    words += !space && !inside;
    inside = !space;
  }
  return words;
}

TEST(Passages, HaveAboutAHundredWordsAndEndWithSentences) {
  auto page = page_of(numbered_sentences(60, 13));
  auto passages = passages_of(page, "a.pdf", "A");
  ASSERT_GE(passages.size(), 7u);
  for (auto const& passage : passages) {
    EXPECT_GE(words_in(passage.text), &passage == &passages.back() ? 40u : 80u);
    EXPECT_LE(words_in(passage.text), 150u);
    EXPECT_TRUE(passage.text.ends_with('.')) << passage.text;
    EXPECT_EQ(passage.text[0], 'W');
    EXPECT_NE(page.text.find(passage.text), std::string::npos);
  }
}

TEST(Passages, CoverTheWholePageAndOverlapLittle) {
  auto text = numbered_sentences(60, 13);
  std::size_t end = 0, repeated = 0;
  for (auto part : cut_into_passages(text)) {
    EXPECT_EQ(trim(std::string_view(text).substr(std::min(end, part.begin),
                                                 part.begin - std::min(end, part.begin))),
              "");
    repeated += end > part.begin ? end - part.begin : 0;
    EXPECT_GT(part.end, end);
    end = part.end;
  }
  EXPECT_EQ(trim(std::string_view(text).substr(end)), "");
  EXPECT_GT(repeated, 0u);
  EXPECT_LT(repeated, text.size() / 5);
}

TEST(Passages, PreferTheEndsOfParagraphsAndDoNotOverlapThere) {
  std::string text =
      numbered_sentences(9, 10) + "\n\n" + numbered_sentences(9, 10) + "\n\n" + numbered_sentences(9, 10);
  auto parts = cut_into_passages(text);
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(words_in(text.substr(parts[0].begin, parts[0].size())), 90u);
  EXPECT_EQ(words_in(text.substr(parts[1].begin, parts[1].size())), 90u);
}

TEST(Passages, CutSentencesThatAreTooLongAtClausesElseAnywhere) {
  std::string clauses;
  for (int i = 0; i < 60; ++i) clauses += "one two three four five,\n";
  for (auto part : cut_into_passages(clauses)) {
    auto text = clauses.substr(part.begin, part.size());
    EXPECT_LE(words_in(text), 150u);
    EXPECT_TRUE(text.ends_with(","));
  }
  std::string bare;
  for (int i = 0; i < 1000; ++i) bare += "word ";
  EXPECT_GE(cut_into_passages(bare).size(), 7u);
  // No space at all: cut between characters, never inside one.
  std::string solid;
  for (int i = 0; i < 50'000; ++i) solid += "ü";
  auto parts = cut_into_passages(solid);
  EXPECT_GT(parts.size(), 2u);
  for (auto part : parts) EXPECT_FALSE(find_invalid_utf8(solid.substr(part.begin, part.size())));
}

TEST(Passages, AbbreviationsAndNumbersEndNoSentence) {
  std::string text;
  for (int i = 0; i < 30; ++i) text += "We met Mr. Smith and J. Doe of No. 5 at 3.5 miles, e.g. here. ";
  for (auto part : cut_into_passages(text)) {
    EXPECT_TRUE(text.substr(part.begin, part.size()).ends_with("here."));
    EXPECT_EQ(text.substr(part.begin, 6), "We met");
  }
}

TEST(Passages, ChineseCountsTwoCharactersAsAWord) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "今天天气很好我们一起去公园散步吧。";
  auto parts = cut_into_passages(text);
  ASSERT_GE(parts.size(), 3u);
  for (auto part : parts) {
    auto passage = text.substr(part.begin, part.size());
    EXPECT_TRUE(passage.ends_with("。")) << passage;
    EXPECT_LE(passage.size(), 300u * 3);
    EXPECT_GE(passage.size(), 150u * 3);
    EXPECT_FALSE(find_invalid_utf8(passage));
  }
}

TEST(Passages, ChineseQuotesBelongToTheirSentence) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "他说：“今天天气很好我们去公园散步。”";
  for (auto part : cut_into_passages(text)) EXPECT_TRUE(text.substr(part.begin, part.size()).ends_with("”"));
}

TEST(Passages, ArabicAndGermanEndWithTheirSentences) {
  std::string arabic, german;
  for (int i = 0; i < 40; ++i) {
    arabic += "ذهب الولد إلى المدرسة في الصباح، هل عاد إلى البيت؟ ";
    german += "Die Größe der Straße beträgt z. B. 3,5 km, sagte Dr. Müller über die Brücke. ";
  }
  for (auto part : cut_into_passages(arabic))
    EXPECT_TRUE(arabic.substr(part.begin, part.size()).ends_with("؟"));
  for (auto part : cut_into_passages(german))
    EXPECT_TRUE(german.substr(part.begin, part.size()).ends_with("Brücke."));
}

TEST(Passages, BoxesAreOneALineAndHoldOnlyThePassagesWords) {
  auto page = page_of(numbered_sentences(60, 13));
  for (auto const& passage : passages_of(page, "a.pdf", "A")) {
    auto lines = lines_of(passage.text);
    ASSERT_EQ(passage.boxes.size(), lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      auto line = passage.text.substr(lines[i].begin, lines[i].size());
      auto word = [&](std::string_view text) {
        return *std::find_if(page.words.begin(), page.words.end(),
                             [&](auto const& other) { return other.text == text; });
      };
      auto first = word(line.substr(0, line.find(' '))), last = word(line.substr(line.rfind(' ') + 1));
      EXPECT_EQ(passage.boxes[i], (value::Box{first.box[0], first.box[1], last.box[2], last.box[3]})) << line;
    }
  }
}

TEST(Passages, WordsThatTheTextHasNotGiveNoBoxes) {
  auto page = page_of("The quick brown fox\njumps over the lazy dog\n");
  page.text = "The quikc brown fox\njumps over the lazy dog\n";
  auto places = locate_words(page);
  EXPECT_EQ(places[1].size(), 0u);
  EXPECT_EQ(page.text.substr(places[2].begin, places[2].size()), "brown");
  EXPECT_EQ(page.text.substr(places[8].begin, places[8].size()), "dog");
  page.words.clear();
  EXPECT_TRUE(passages_of(page, "a", "")[0].boxes.empty());
}

TEST(Passages, AChangedWordIsNotTakenForTheSameWordFurtherOn) {
  auto page = page_of("the cat saw one more cat here\n");
  page.text = "the cta saw one more cat here\n";
  auto places = locate_words(page);
  EXPECT_EQ(places[1].size(), 0u);
  EXPECT_EQ(places[2], (Span{8, 11}));
  EXPECT_EQ(places[5], (Span{21, 24}));
}

TEST(Passages, IdsAndPagesAreStableAndNoneCrossesPages) {
  auto pages = Value::list({value::to_value(page_of(numbered_sentences(20, 13), 3)), Value(),
                            value::to_value(page_of("Short page.", 5)), value::to_value(page_of(" \n\n", 6)),
                            value::to_value(page_of("A text without pages.", 0))});
  auto inputs = Value::record({{"pages", pages}, {"document", "dir/a.pdf"}, {"title", "A"}});
  auto passages = outputs_of("passages", inputs)["passages"];
  std::vector<std::string> ids;
  for (auto const& passage : passages.as_list()) {
    ids.push_back(passage["id"].as_text());
    EXPECT_EQ(passage["document"], Value("dir/a.pdf"));
    EXPECT_EQ(passage["title"], Value("A"));
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"dir/a.pdf#p3.1", "dir/a.pdf#p3.2", "dir/a.pdf#p3.3",
                                           "dir/a.pdf#p5.1", "dir/a.pdf#1"}));
  EXPECT_EQ(passages.as_list()[3]["page"], Value(5));
  EXPECT_EQ(outputs_of("passages", inputs), outputs_of("passages", inputs));
}

}  // namespace
}  // namespace shoal::functions
