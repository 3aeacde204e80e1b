#include "engines/ocr/straighten.h"

#include <gtest/gtest.h>

#include "engines/ocr/pdf.h"
#include "engines/ocr/test_support.h"

namespace shoal::ocr_engine {
namespace {

bool never() { return false; }

// A page of a book.
Raster const& scan() {
  static Raster const raster = *Pdf::open()->render(testing::example("shelf-a.pdf"), {}, 1, 300, never);
  return raster;
}

Lie lie_of_page(Raster const& raster, Writing writing = Writing::lines) {
  return lie_of(ink_of(raster), writing);
}

TEST(Straighten, LeavesAPageThatIsRight) { EXPECT_TRUE(lie_of_page(scan()).is_right()); }

TEST(Straighten, FindsTurnsAndUndoesThem) {
  for (int turns : {1, 2, 3}) {
    auto const wrong = turned(scan(), turns);
    auto const lie = lie_of_page(wrong);
    EXPECT_EQ(lie.quarter_turns, 4 - turns);
    auto const right = straightened(wrong, lie);
    ASSERT_TRUE(right) << right.error().message();
    EXPECT_EQ(right->gray, scan().gray);
    auto const corner = scan().to_points.apply({0, 0, 10, 10});
    for (std::size_t i = 0; i < 4; ++i)
      EXPECT_NEAR(right->to_points.apply({0, 0, 10, 10})[i], corner[i], 1e-6);
  }
}

TEST(Straighten, PrintFromTheTopDownIsNotOnItsSide) {
  EXPECT_EQ(lie_of_page(turned(scan(), 1), Writing::columns).quarter_turns, 0);
}

TEST(Straighten, FindsTheAngle) {
  for (double angle : {-10.0, -1.0, 4.0}) {
    auto const askew = straightened(scan(), {.angle = angle});
    ASSERT_TRUE(askew) << askew.error().message();
    EXPECT_GT(askew->width, scan().width);
    EXPECT_NEAR(lie_of_page(*askew).angle, -angle, 0.25);
    EXPECT_NEAR(lie_of_page(turned(*askew, 1)).angle, -angle, 0.25);
    EXPECT_EQ(lie_of_page(turned(*askew, 1)).quarter_turns, 3);
  }
}

TEST(Straighten, ScalesByTheLettersAndNotByWhatTheFileSays) {
  for (double scale : {0.4, 2.0}) {
    auto const other = straightened(scan(), {.scale = scale});
    ASSERT_TRUE(other) << other.error().message();
    EXPECT_EQ(other->dpi, 300);
    EXPECT_NEAR(other->to_points.apply({0, 0, double(other->width), 1})[2], scan().width * 0.24, 0.1);
    EXPECT_NEAR(lie_of_page(*other).scale, 1 / scale, 0.35 / scale) << scale;
  }
}

TEST(Straighten, ASpeckSaysNothing) {
  Raster raster{.width = 400, .height = 500, .gray = std::vector<std::uint8_t>(200000, 255)};
  raster.gray[100000] = 0;
  EXPECT_TRUE(lie_of_page(raster).is_right());
  raster.gray.assign(200000, 0);
  EXPECT_TRUE(lie_of_page(raster).is_right());
}

}  // namespace
}  // namespace shoal::ocr_engine
