#include "engines/ocr/straighten.h"

#include <leptonica/allheaders.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

namespace shoal::ocr_engine {
namespace {

// The search for the angle: coarse on an eighth of the resolution, fine on a quarter (Bloomberg et al.,
// "Measuring document image skew and orientation", SPIE 2422, 1995).
constexpr int kCoarse = 8, kFine = 4;
constexpr float kSweepDegrees = 15, kSweepStep = 1, kFineStep = 0.02F;
// The library's own bound for a search that found lines.
constexpr double kLeastConfidence = 3;
// Lines go the other way where the page shows them so much more clearly when it is turned.
constexpr double kClearlyTurned = 2;
// Ascenders outnumber descenders by so many deviations on a page of some lines.
constexpr double kClearlyUpsideDown = 8;
// Tesseract follows lines that rise by less as well as straight ones.
constexpr double kLeastAngle = 0.8;

// What is counted as a letter, in pixels; the pages of a book at 300 dpi have a median of 21 to 24.
constexpr int kLeastLetter = 4, kMostLetter = 300;
constexpr std::size_t kEnoughLetters = 30;
constexpr double kBookDpi = 300, kGoodHeight = 22, kTooSmall = 14, kTooLarge = 32;
constexpr double kMostEnlarged = 3;
constexpr double kMostPixelsEnlarged = 16e6;

struct Boxes {
  explicit Boxes(BOXA* found) : boxes(found) {}
  ~Boxes() { boxaDestroy(&boxes); }
  Boxes(Boxes const&) = delete;
  Boxes& operator=(Boxes const&) = delete;
  BOXA* boxes;
};

struct Skew {
  double angle = 0, confidence = 0;
};

Skew skew_of(::Pix* bits) {
  float angle = 0, confidence = 0;
  if (pixFindSkewSweepAndSearch(bits, &angle, &confidence, kCoarse, kFine, kSweepDegrees, kSweepStep,
                                kFineStep) != 0)
    return {};
  return {angle, confidence};
}

// How much more ink rises above the lines than hangs below them: ascenders are more frequent.
double upright_confidence(::Pix* bits) {
  float confidence = 0;
  return pixUpDownDetect(bits, &confidence, 0, 0, 0) == 0 ? confidence : 0;
}

// The larger sides of what is joined in the middle third of the page, sorted.
std::vector<int> letter_heights(::Pix* bits) {
  int const height = pixGetHeight(bits);
  Box* middle = boxCreate(0, height / 3, pixGetWidth(bits), std::max(1, height / 3));
  PixPtr const part(pixClipRectangle(bits, middle, nullptr));
  boxDestroy(&middle);
  std::vector<int> heights;
  if (!part) return heights;
  Boxes const found(pixConnCompBB(part.get(), 8));
  for (int i = 0; found.boxes && i < boxaGetCount(found.boxes); ++i) {
    int across = 0, down = 0;
    boxaGetBoxGeometry(found.boxes, i, nullptr, nullptr, &across, &down);
    int const side = std::max(across, down);
    if (side >= kLeastLetter && side <= kMostLetter) heights.push_back(side);
  }
  std::sort(heights.begin(), heights.end());
  return heights;
}

double scale_for(::Pix* bits) {
  auto const heights = letter_heights(bits);
  if (heights.size() < kEnoughLetters) return 1;
  double const median = heights[heights.size() / 2], small = heights[heights.size() / 4];
  if (small > kTooLarge) return kGoodHeight / small;
  if (median >= kTooSmall) return 1;
  double const pixels = static_cast<double>(pixGetWidth(bits)) * pixGetHeight(bits);
  return std::max(1.0,
                  std::min({kGoodHeight / median, kMostEnlarged, std::sqrt(kMostPixelsEnlarged / pixels)}));
}

// The size stays where the factor is 1.
PixPtr scaled(PixPtr pix, double factor) {
  if (!pix || factor == 1) return pix;
  return PixPtr(pixScaleGeneral(pix.get(), static_cast<float>(factor), static_cast<float>(factor), 0, 0));
}

// About the middle, on as much white as the corners need.
PixPtr rotated(PixPtr pix, double degrees) {
  if (!pix || degrees == 0) return pix;
  auto const radians = static_cast<float>(degrees * std::numbers::pi / 180);
  return PixPtr(pixRotate(pix.get(), radians, L_ROTATE_AREA_MAP, L_BRING_IN_WHITE, pixGetWidth(pix.get()),
                          pixGetHeight(pix.get())));
}

// From the pixels of the rotated image to those of the one before.
Transform undo_rotation(double degrees, double width, double height, Raster const& before) {
  double const radians = degrees * std::numbers::pi / 180, cos = std::cos(radians), sin = std::sin(radians);
  double const x = before.width / 2.0, y = before.height / 2.0;
  return {.a = cos,
          .b = -sin,
          .c = sin,
          .d = cos,
          .e = x - (cos * width + sin * height) / 2,
          .f = y - (cos * height - sin * width) / 2};
}

}  // namespace

Lie lie_of(Ink const& ink, Writing writing) {
  Lie lie;
  if (!ink.bits) return lie;
  auto* bits = ink.bits.get();
  lie.scale = scale_for(bits);
  auto skew = skew_of(bits);
  PixPtr turned(writing == Writing::lines ? pixRotateOrth(bits, 1) : nullptr);
  if (turned) {
    auto const across = skew_of(turned.get());
    if (across.confidence > kLeastConfidence && across.confidence > kClearlyTurned * skew.confidence) {
      lie.quarter_turns = 1;
      skew = across;
      bits = turned.get();
    }
  }
  if (skew.confidence > kLeastConfidence && std::abs(skew.angle) >= kLeastAngle) lie.angle = skew.angle;
  if (writing == Writing::lines && upright_confidence(bits) < -kClearlyUpsideDown) lie.quarter_turns += 2;
  return lie;
}

Result<Raster> straightened(Raster const& raster, Lie const& lie) {
  Raster result = turned(raster, lie.quarter_turns);
  if (lie.angle == 0 && lie.scale == 1) return result;
  auto pix = scaled(gray_pix(result), lie.scale);
  if (pix) {
    double const across = static_cast<double>(pixGetWidth(pix.get())) / result.width;
    double const down = static_cast<double>(pixGetHeight(pix.get())) / result.height;
    result.to_points = result.to_points.after({.a = 1 / across, .d = 1 / down});
    if (lie.scale != 1) result.dpi = kBookDpi;
    result.width = pixGetWidth(pix.get());
    result.height = pixGetHeight(pix.get());
    result.gray = {};
    pix = rotated(std::move(pix), lie.angle);
  }
  if (!pix) return Error(Code::out_of_memory, "no memory to straighten the page");
  int const width = pixGetWidth(pix.get()), height = pixGetHeight(pix.get());
  if (lie.angle != 0)
    result.to_points = result.to_points.after(undo_rotation(lie.angle, width, height, result));
  result.width = width;
  result.height = height;
  result.gray = pixels_of(*pix);
  return result;
}

}  // namespace shoal::ocr_engine
