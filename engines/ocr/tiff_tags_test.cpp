#include "engines/ocr/tiff_tags.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "engines/ocr/images.h"
#include "engines/ocr/test_support.h"

namespace shoal::ocr_engine {
namespace {

value::BlobPtr hostile_example(std::string const& name) {
  std::ifstream file(std::string(SHOAL_SOURCE_DIR) + "/tests/hostile/examples/" + name, std::ios::binary);
  return value::Blob::own({std::istreambuf_iterator<char>(file), {}}, {.name = name});
}

TEST(TiffTags, SayHowTheStoredPixelsLie) {
  EXPECT_EQ(orientation_of(hostile_example("turned.jpg")->bytes(), 0), 6);
  EXPECT_EQ(orientation_of(hostile_example("turned.tiff")->bytes(), 0), 6);
  EXPECT_EQ(orientation_of(hostile_example("baseline.jpg")->bytes(), 0), 1);
  EXPECT_EQ(orientation_of(hostile_example("frames.tiff")->bytes(), 2), 1);
  for (auto bytes : {"", "II", "II*\0\xff\xff\xff\xff", "\xFF\xD8\xFF\xE1", "\xFF\xD8\xFF\xE1\0\0"})
    EXPECT_EQ(orientation_of(bytes, 3), 1);
}

TEST(TiffTags, SayWhatCannotBeDecoded) {
  EXPECT_TRUE(has_wide_samples(hostile_example("float.tiff")->bytes()));
  for (auto const* name : {"gray16.tiff", "deflate.tiff", "cmyk.tiff", "g4.tiff", "bits.png"})
    EXPECT_FALSE(has_wide_samples(hostile_example(name)->bytes())) << name;
}

// The stored pixels stand on their side, so what is at the top of the upright image is at their left or
// right.
TEST(TiffTags, BoxesAreThoseOfTheStoredPixels) {
  for (auto const* name : {"turned.jpg", "turned.tiff"}) {
    std::vector<value::Sheet> sheets;
    auto const given = image_sheets(
        hostile_example(name), 300, [] { return false; }, testing::into(sheets));
    ASSERT_TRUE(given) << given.error().message();
    auto const raster = decode_image(sheets.front());
    ASSERT_TRUE(raster) << raster.error().message();
    EXPECT_EQ(raster->width, 320) << name;
    EXPECT_EQ(raster->height, 96) << name;
    auto const corner = raster->to_points.apply({0, 0, 0, 0});
    EXPECT_NEAR(corner[0], 0, 1e-9);
    EXPECT_NEAR(corner[1], 76.8, 1e-9);
  }
}

TEST(TiffTags, EveryOrientationIsUndone) {
  // A mark near the upper left corner of the upright image of 300 × 200.
  value::Box const mark = {10, 20, 30, 40};
  auto at = [&](int orientation, double width, double height) {
    return undo_orientation(orientation, width, height).apply(mark);
  };
  EXPECT_EQ(at(1, 300, 200), mark);
  EXPECT_EQ(at(2, 300, 200), (value::Box{270, 20, 290, 40}));
  EXPECT_EQ(at(3, 300, 200), (value::Box{270, 160, 290, 180}));
  EXPECT_EQ(at(4, 300, 200), (value::Box{10, 160, 30, 180}));
  EXPECT_EQ(at(5, 200, 300), (value::Box{20, 10, 40, 30}));
  EXPECT_EQ(at(6, 200, 300), (value::Box{20, 270, 40, 290}));
  EXPECT_EQ(at(7, 200, 300), (value::Box{160, 270, 180, 290}));
  EXPECT_EQ(at(8, 200, 300), (value::Box{160, 10, 180, 30}));
}

}  // namespace
}  // namespace shoal::ocr_engine
