#include "engines/index/words.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace shoal::index_engine {
namespace {

std::string terms(std::string_view word, Side side) {
  std::vector<std::string> list;
  cut(word, side, [&](std::string_view term) { list.emplace_back(term); });
  return join(list, " ");
}

TEST(Prepare, JoinsWordsThatALineEndBreaks) {
  EXPECT_EQ(prepare("an exam-\nple, pro\u00ADgram, Größen-\n  ordnung"),
            "an example, program, Grössenordnung");
  EXPECT_EQ(prepare("well-known, 1914-\n1918, A-\nb, end-"), "well-known, 1914-\n1918, A-\nb, end-");
  EXPECT_EQ(prepare("水泵必\n须 先 灌水 ok"), "水泵必须先灌水 ok");
}

TEST(Prepare, MakesVariantsAlike) {
  EXPECT_EQ(prepare("Straße ﬁnden"), "Strasse finden");
  EXPECT_EQ(prepare("كِتَابٌ أحمد مكتبة مصطفى كـتاب"), "كتاب احمد مكتبه مصطفي كتاب");
  EXPECT_EQ(prepare("١٩٤٨ ۱۹ ＡＢ１２"), "1948 19 AB12");
}

TEST(Cut, LeavesSpacedWordsWhole) {
  EXPECT_EQ(terms("pump", Side::document), "pump");
  EXPECT_EQ(terms("مضخه", Side::query), "مضخه");
}

TEST(Cut, MakesPairsOfUnspacedCharacters) {
  EXPECT_EQ(terms("水泵必须", Side::document), "水泵 泵必 必须 须");
  EXPECT_EQ(terms("水泵必须", Side::query), "水泵 泵必 必须");
  EXPECT_EQ(terms("水", Side::query), "水");
  EXPECT_EQ(terms("水", Side::document), "水");
  EXPECT_EQ(terms("第12章abc水泵", Side::query), "第 12 章 abc 水泵");
  EXPECT_EQ(terms("カメラ", Side::query), "カメ メラ");
}

TEST(IsPrefix, HoldsForSingleUnspacedCharacters) {
  EXPECT_TRUE(is_prefix("水"));
  EXPECT_FALSE(is_prefix("水泵"));
  EXPECT_FALSE(is_prefix("a"));
  EXPECT_FALSE(is_prefix(""));
}

}  // namespace
}  // namespace shoal::index_engine
