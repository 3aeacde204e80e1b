#include "engines/ocr/raster.h"

#include <gtest/gtest.h>

namespace shoal::ocr_engine {
namespace {

TEST(Raster, TransformsBoxesToUprightOnes) {
  Transform quarter = {.a = 0, .b = -2, .c = 2, .d = 0, .e = 0, .f = 100};
  EXPECT_EQ(quarter.apply({1, 3, 5, 4}), (value::Box{6, 90, 8, 98}));
}

TEST(Raster, TurningKeepsPlacesOnThePage) {
  Raster raster{
      .width = 3, .height = 2, .gray = {1, 2, 3, 4, 5, 6}, .to_points = {.a = 2, .d = 3, .e = 10, .f = 20}};
  auto half = turned(raster, 2);
  EXPECT_EQ(half.gray, (std::vector<std::uint8_t>{6, 5, 4, 3, 2, 1}));
  EXPECT_EQ(raster.to_points.apply({0, 0, 1, 1}), half.to_points.apply({2, 1, 3, 2}));
}

TEST(Raster, QuarterTurnsAreClockwiseAndKeepPlacesToo) {
  Raster raster{.width = 3, .height = 2, .gray = {1, 2, 3, 4, 5, 6}, .to_points = {.a = 2, .d = 3, .e = 10}};
  auto right = turned(raster, 1);
  EXPECT_EQ(right.width, 2);
  EXPECT_EQ(right.gray, (std::vector<std::uint8_t>{4, 1, 5, 2, 6, 3}));
  auto left = turned(raster, 3);
  EXPECT_EQ(left.gray, (std::vector<std::uint8_t>{3, 6, 2, 5, 1, 4}));
  auto const place = raster.to_points.apply({0, 0, 1, 1});  // of pixel 1
  EXPECT_EQ(right.to_points.apply({1, 0, 2, 1}), place);
  EXPECT_EQ(left.to_points.apply({0, 2, 1, 3}), place);
}

TEST(Raster, KnowsAnEvenPage) {
  EXPECT_TRUE(is_even({.width = 2, .height = 1, .gray = {7, 7}}));
  EXPECT_FALSE(is_even({.width = 2, .height = 1, .gray = {7, 8}}));
}

TEST(Raster, NamesDocumentsWithoutTheirControlCharacters) {
  EXPECT_EQ(name_of(*value::Blob::own("x", {})), "the document");
  EXPECT_EQ(name_of(*value::Blob::own("x", {.name = "a\x1b[2J"})).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace shoal::ocr_engine
