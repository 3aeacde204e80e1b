#include "engines/ocr/text_layer.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace shoal::ocr_engine {
namespace {

// Glyphs of 5 × 10 points from (x, y) on; `\n` begins the next line, `pitch` lower.
std::vector<Glyph> glyphs(std::string_view text, double x = 0, double y = 0, double pitch = 12) {
  std::vector<Glyph> all;
  double left = x;
  for (std::size_t i = 0; i < text.size();) {
    char32_t code = next_code_point(text, i);
    bool end = code == U'\n';
    all.push_back({.code = code, .box = {left, y, left + 5, y + 10}, .generated = end || code == U' '});
    left = end ? x : left + 5;
    if (end) y += pitch;
  }
  return all;
}

std::vector<Glyph> joined(std::vector<Glyph> a, std::vector<Glyph> const& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

PageFacts on_page(double image_share = 0) { return {612, 792, image_share}; }

TEST(TextLayer, MakesWordsLinesAndBoxes) {
  auto page = page_from(glyphs("ab cde\nfg\n"), on_page());
  EXPECT_EQ(page.text, "ab cde\nfg");
  EXPECT_EQ(page.source, "text");
  ASSERT_EQ(page.words.size(), 3u);
  EXPECT_EQ(page.words[1].text, "cde");
  EXPECT_EQ(page.words[1].box, (value::Box{15, 0, 30, 10}));
  EXPECT_EQ(page.words[1].line, 0);
  EXPECT_EQ(page.words[2].line, 1);
  EXPECT_EQ(page.words[2].box, (value::Box{0, 12, 10, 22}));
}

TEST(TextLayer, FindsParagraphsByTheirDistanceAndNewColumns) {
  EXPECT_EQ(page_from(glyphs("one\ntwo\nthree", 0, 0, 15), on_page()).text, "one\ntwo\nthree");
  EXPECT_EQ(page_from(glyphs("one\ntwo", 0, 0, 30), on_page()).text, "one\n\ntwo");
  EXPECT_EQ(page_from(joined(glyphs("left\n", 0, 500), glyphs("right", 300, 20)), on_page()).text,
            "left\n\nright");
}

TEST(TextLayer, KeepsAnyScript) {
  for (auto text : {"größer als", "今日は世界", "мир", "سلام", "x = 𝑥"})
    EXPECT_EQ(page_from(glyphs(text), on_page()).text, text);
}

TEST(TextLayer, TextWithoutAMapIsNone) {
  auto unmapped = glyphs("hello");
  for (auto& glyph : unmapped) glyph.unmapped = true;
  EXPECT_EQ(page_from(unmapped, on_page()).source, "");
  EXPECT_TRUE(page_from(unmapped, on_page()).words.empty());
  EXPECT_TRUE(page_from(glyphs("\x01\x02\x03 a"), on_page()).words.empty());
  EXPECT_TRUE(page_from(glyphs("\"7+%-"), on_page()).words.empty());
  EXPECT_TRUE(page_from(glyphs("\uE001\uE002\uE003"), on_page()).words.empty());
  EXPECT_TRUE(page_from({}, on_page()).words.empty());
}

TEST(TextLayer, AFewBadCharactersAreLeftOut) {
  auto some = glyphs("hello w\uFFFDorld");
  some[1].unmapped = true;
  EXPECT_EQ(page_from(some, on_page()).text, "hllo world");
}

TEST(TextLayer, DotLeadersAreText) {
  EXPECT_EQ(page_from(glyphs("Intro .......................... 3"), on_page()).words.size(), 3u);
}

TEST(TextLayer, AStampOnAScanIsNotItsText) {
  auto stamp = glyphs("RECEIVED 4 May 1987", 100, 400);
  EXPECT_TRUE(page_from(stamp, on_page(0.9)).words.empty());
  EXPECT_EQ(page_from(stamp, on_page(0.3)).words.size(), 4u);
  for (auto& glyph : stamp) glyph.invisible = true;
  EXPECT_EQ(page_from(stamp, on_page(0.9)).words.size(), 4u);
  EXPECT_EQ(page_from(glyphs("a b c d e f g h i j k l", 100, 400), on_page(0.9)).words.size(), 12u);
}

TEST(TextLayer, SoIsALineInTheMarginsOfAScan) {
  auto const text = "Downloaded from the library of a town on 4 May 1987 for its readers alone";
  for (double y : {20.0, 770.0}) EXPECT_TRUE(page_from(glyphs(text, 60, y), on_page(0.9)).words.empty());
  EXPECT_EQ(page_from(glyphs(text, 60, 20), on_page(0.3)).words.size(), 15u);
  auto const both = joined(glyphs(std::string(text) + "\n", 60, 20), glyphs("and here", 60, 400));
  EXPECT_EQ(page_from(both, on_page(0.9)).words.size(), 17u);
}

}  // namespace
}  // namespace shoal::ocr_engine
