// What image files say in tags of TIFF 6.0 and Exif that Leptonica does not tell. Any thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "engines/ocr/raster.h"

namespace shoal::ocr_engine {

// 1 … 8 as in TIFF 6.0 (tag 274) of a frame of a TIFF, counted from 0, or of a JPEG with Exif data; 1 where
// nothing is said.
int orientation_of(std::string_view bytes, std::size_t frame);

// Whether a frame of a TIFF says a resolution; the library gives 300 where it does not.
bool says_resolution(std::string_view tiff, std::size_t frame);

// Whether the first frame of a TIFF has samples that are no integers, or wider than 16 bits.
bool has_wide_samples(std::string_view tiff);

// From places on the upright image to those on the stored one, which has `width` × `height`.
Transform undo_orientation(int orientation, double width, double height);

}  // namespace shoal::ocr_engine
