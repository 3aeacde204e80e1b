#include "engines/ocr/images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/ocr/test_support.h"

namespace shoal::ocr_engine {
namespace {

using testing::blob;
using ::testing::HasSubstr;
using testing::make_tiff;

bool never() { return false; }

// 32 × 32 gray pixels at 200 dpi.
constexpr std::string_view kJpegHex =
    "ffd8ffe000104a4649460001010100c800c80000ffdb00430050373c463c32504641465a55505f78c882786e6e78f5af"
    "b991c8ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc0000b080020"
    "002001011100ffc4001f0000010501010101010100000000000000000102030405060708090a0bffc400b51000020103"
    "03020403050504040000017d01020300041105122131410613516107227114328191a1082342b1c11552d1f024336272"
    "82090a161718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768696a737475"
    "767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9"
    "cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9faffda0008010100003f00bb45145564799ba9"
    "1f950f721381f3b7b522cb331ec3f0a7b4de5fdf619f4039a809925e3eeafa0a70448972e714d32b37118da3d7bd2ac2"
    "00dce7ea4d0662788971fed1a1212c7731c9f534a6545e231b8faf6a6ec794e5ce7dbb57ffd9";

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

class Images : public ::testing::Test {
 protected:
  void SetUp() override { silence_image_library(); }
  std::vector<value::Sheet> sheets(std::string bytes) {
    std::vector<value::Sheet> all;
    auto const result = image_sheets(blob(std::move(bytes), "scan.tiff"), 300, never, testing::into(all));
    EXPECT_TRUE(result) << result.error().message();
    return all;
  }
};

TEST_F(Images, KnowsThemByTheirBytes) {
  EXPECT_TRUE(is_image(make_tiff({{4, 4, 8, 0, 0, std::string(16, '\0')}})));
  EXPECT_TRUE(is_image(from_hex(kJpegHex)));
  EXPECT_FALSE(is_image("hello, this is text"));
  EXPECT_FALSE(is_image("II*"));
  EXPECT_FALSE(is_image(""));
}

TEST_F(Images, EveryFrameIsASheetWithItsOwnSize) {
  auto all = sheets(make_tiff(
      {{300, 600, 8, 300, 300, std::string(180000, 'a')}, {100, 50, 8, 200, 200, std::string(5000, 'b')}}));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].number, 1);
  EXPECT_EQ(all[0].dpi, 300);
  EXPECT_EQ(all[0].width, 72);
  EXPECT_EQ(all[0].height, 144);
  EXPECT_EQ(all[1].number, 2);
  EXPECT_EQ(all[1].width, 36);
  auto raster = decode_image(all[1]);
  ASSERT_TRUE(raster) << raster.error().message();
  EXPECT_EQ(raster->width, 100);
  EXPECT_EQ(raster->gray, std::vector<std::uint8_t>(5000, 'b'));
  EXPECT_EQ(raster->to_points.apply({0, 0, 100, 50}), (value::Box{0, 0, 36, 18}));
}

TEST_F(Images, TheGivenResolutionCountsWhereTheFileHasNoneOfAScanner) {
  for (std::uint32_t dpi : {0u, 72u, 96u, 30000u}) {
    auto all = sheets(make_tiff({{300, 300, 8, dpi, dpi, std::string(90000, 'a')}}));
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].dpi, 300) << dpi;
    EXPECT_EQ(all[0].width, 72);
  }
}

TEST_F(Images, AResolutionThatIsNotSaidIsThatOfASheetOfPaper) {
  auto dpi_of = [&](std::uint32_t width, std::uint32_t height) {
    return sheets(
               make_tiff({{width, height, 1, 0, 0, std::string(std::size_t{(width + 7) / 8} * height, 'a')}}))
        .at(0)
        .dpi;
  };
  EXPECT_EQ(dpi_of(1240, 1754), 150);    // A4
  EXPECT_EQ(dpi_of(2200, 1700), 200);    // a letter, lying
  EXPECT_EQ(dpi_of(1748, 2480), 300);    // A5, and not A3 at 150
  EXPECT_EQ(dpi_of(1850, 2621), 300);    // no sheet
  EXPECT_EQ(dpi_of(4400, 11000), 1000);  // longer than A3 at 300
}

TEST_F(Images, OneAbsurdResolutionOfTwoDoesNotCount) {
  auto all = sheets(make_tiff({{300, 300, 8, 300, 1, std::string(90000, 'a')}}));
  EXPECT_EQ(all.at(0).width, 72);
  EXPECT_EQ(all.at(0).height, 72);
}

TEST_F(Images, BilevelPixelsBecomeBlackAndWhite) {
  auto all = sheets(make_tiff({{8, 2, 1, 300, 300, "\x0f\xf0"}}));
  ASSERT_EQ(all.size(), 1u);
  auto raster = decode_image(all[0]);
  ASSERT_TRUE(raster) << raster.error().message();
  EXPECT_EQ(raster->gray,
            (std::vector<std::uint8_t>{0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0}));
}

TEST_F(Images, AFaxGetsSquarePixels) {
  auto all = sheets(make_tiff({{204, 98, 8, 204, 98, std::string(204 * 98, 'a')}}));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].width, 72);
  EXPECT_EQ(all[0].height, 72);
  auto raster = decode_image(all[0]);
  ASSERT_TRUE(raster) << raster.error().message();
  EXPECT_EQ(raster->width, 204);
  EXPECT_EQ(raster->height, 204);
  EXPECT_NEAR(raster->to_points.apply({0, 0, 204, 204})[3], 72, 0.01);
}

TEST_F(Images, ReadsJpegsAndTheirResolution) {
  auto all = sheets(from_hex(kJpegHex));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].dpi, 200);
  EXPECT_TRUE(decode_image(all[0]));
}

TEST_F(Images, WhatIsMissingIsNotFilledWithGray) {
  auto jpeg = from_hex(kJpegHex);
  auto all = sheets(jpeg.substr(0, jpeg.size() - 60));
  ASSERT_EQ(all.size(), 1u);
  auto raster = decode_image(all[0]);
  ASSERT_FALSE(raster);
  EXPECT_EQ(raster.error().code(), Code::invalid_argument);
  EXPECT_THAT(raster.error().message(), HasSubstr("scan.tiff is damaged or truncated"));

  auto tiff = make_tiff({{100, 100, 8, 300, 300, "too short"}});
  ASSERT_EQ(sheets(tiff).size(), 1u);
  EXPECT_FALSE(decode_image(sheets(tiff)[0]));
}

TEST_F(Images, HeadersAloneAreDamagedFiles) {
  auto png = image_sheets(blob("\x89PNG\r\n\x1a\n and nothing more", "x.png"), 300, never, testing::ignore);
  ASSERT_FALSE(png);
  EXPECT_THAT(png.error().message(), HasSubstr("x.png is damaged"));
  EXPECT_FALSE(image_sheets(blob(std::string("II*\0\x08\0\0\0 nothing", 17)), 300, never, testing::ignore));
}

TEST_F(Images, AnImageThatWouldFillTheMemoryIsNotDecoded) {
  auto all = sheets(make_tiff({{30000, 30000, 8, 300, 300, "x"}}));
  ASSERT_EQ(all.size(), 1u);
  auto raster = decode_image(all[0]);
  ASSERT_FALSE(raster);
  EXPECT_EQ(raster.error().code(), Code::unsupported);
  EXPECT_THAT(raster.error().message(),
              HasSubstr("page 1 of scan.tiff has an image of 30000 × 30000 pixels"));
}

TEST_F(Images, LargeOnesAreScaledDown) {
  auto all = sheets(make_tiff({{9000, 9000, 1, 600, 600, std::string(9000 / 8 * 9000, '\xff')}}));
  ASSERT_EQ(all.size(), 1u);
  auto raster = decode_image(all[0]);
  ASSERT_TRUE(raster) << raster.error().message();
  EXPECT_LE(double(raster->width) * raster->height, kMaxRasterPixels * 1.001);
  EXPECT_NEAR(raster->to_points.apply({0, 0, double(raster->width), 1})[2], 1080, 0.01);
}

}  // namespace
}  // namespace shoal::ocr_engine
