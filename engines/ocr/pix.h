// Leptonica's images behind a name, and what a raster is as one. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engines/ocr/raster.h"

struct Pix;  // Leptonica's

namespace shoal::ocr_engine {

struct PixDeleter {
  void operator()(::Pix* pix) const;
};
using PixPtr = std::unique_ptr<::Pix, PixDeleter>;

// The dark pixels of a page as bits. Null where there is no memory for it.
struct Ink {
  PixPtr bits;
  bool exact = false;  // the page has only black and white, so nothing was decided
};
Ink ink_of(Raster const& raster);

// The raster's pixels, copied; null where there is no memory.
PixPtr gray_pix(Raster const& raster);
// The pixels of a gray image without padding.
std::vector<std::uint8_t> pixels_of(::Pix& gray);

}  // namespace shoal::ocr_engine
