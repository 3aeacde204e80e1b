// Page images (TIFF, PNG, JPEG, BMP, WebP, JPEG 2000) through Leptonica, from memory. Any thread.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "engines/ocr/raster.h"
#include "value/records.h"

namespace shoal::ocr_engine {

// Whether the bytes say that they are an image of a kind that can be read.
bool is_image(std::string_view bytes);

// One sheet an image (a TIFF may have many); sizes come from headers, nothing is decoded. `dpi` counts
// where the file says none, or one that no scanner has (72 and 96 are what cameras and screens put in).
Result<void> image_sheets(value::BlobPtr const& document, std::int64_t dpi, Stop const& stop,
                          GiveSheet const& give);

// The pixels of a sheet of image_sheets(), with at most kMaxRasterPixels.
Result<Raster> decode_image(value::Sheet const& sheet);

// Tells Leptonica to keep its messages to itself. Once, before anything else here.
void silence_image_library();

}  // namespace shoal::ocr_engine
