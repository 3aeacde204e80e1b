#include "engines/ocr/pix.h"

#include <leptonica/allheaders.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace shoal::ocr_engine {
namespace {

// Between the dark and the light of the page, by Otsu's rule (IEEE Trans. SMC 9(1), 1979), from every
// `kStep`-th pixel. Pixels below it are ink.
int threshold_of(std::vector<std::uint8_t> const& gray) {
  constexpr std::size_t kStep = 7;
  std::array<double, 256> counts{};
  for (std::size_t i = 0; i < gray.size(); i += kStep) ++counts[gray[i]];
  double all = 0, all_sum = 0;
  for (std::size_t level = 0; level < 256; ++level) {
    all += counts[level];
    all_sum += counts[level] * static_cast<double>(level);
  }
  double below = 0, below_sum = 0, best = -1;
  int threshold = 128;
  for (std::size_t level = 0; level + 1 < 256; ++level) {
    below += counts[level];
    below_sum += counts[level] * static_cast<double>(level);
    if (below == 0 || below == all) continue;
    double difference = below_sum / below - (all_sum - below_sum) / (all - below);
    double between = below * (all - below) * difference * difference;
    if (between > best) best = between, threshold = static_cast<int>(level) + 1;
  }
  return threshold;
}

}  // namespace

void PixDeleter::operator()(::Pix* pix) const { pixDestroy(&pix); }

Ink ink_of(Raster const& raster) {
  auto is_bit = [](std::uint8_t pixel) { return pixel == 0 || pixel == 255; };
  Ink ink;
  ink.exact = std::all_of(raster.gray.begin(), raster.gray.end(), is_bit);
  int const threshold = ink.exact ? 128 : threshold_of(raster.gray);
  ink.bits.reset(pixCreate(raster.width, raster.height, 1));
  if (!ink.bits) return ink;
  auto const* pixel = raster.gray.data();
  for (int y = 0; y < raster.height; ++y) {
    l_uint32* line = pixGetData(ink.bits.get()) + static_cast<std::ptrdiff_t>(y) * pixGetWpl(ink.bits.get());
    for (int x = 0; x < raster.width; ++x)
      line[x / 32] |= static_cast<l_uint32>(*pixel++ < threshold) << (31 - x % 32);
  }
  return ink;
}

PixPtr gray_pix(Raster const& raster) {
  PixPtr pix(pixCreateNoInit(raster.width, raster.height, 8));
  if (!pix) return pix;
  auto const* row = raster.gray.data();
  for (int y = 0; y < raster.height; ++y, row += raster.width) {
    l_uint32* line = pixGetData(pix.get()) + static_cast<std::ptrdiff_t>(y) * pixGetWpl(pix.get());
    for (int x = 0; x < raster.width; ++x) SET_DATA_BYTE(line, x, row[x]);
  }
  return pix;
}

std::vector<std::uint8_t> pixels_of(::Pix& gray) {
  auto const width = static_cast<std::size_t>(pixGetWidth(&gray));
  auto const height = static_cast<std::size_t>(pixGetHeight(&gray));
  std::vector<std::uint8_t> pixels(width * height);
  auto* out = pixels.data();
  for (std::size_t y = 0; y < height; ++y) {
    l_uint32* line = pixGetData(&gray) + y * static_cast<std::size_t>(pixGetWpl(&gray));
    for (std::size_t x = 0; x < width; ++x) *out++ = static_cast<std::uint8_t>(GET_DATA_BYTE(line, x));
  }
  return pixels;
}

}  // namespace shoal::ocr_engine
