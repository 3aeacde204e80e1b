#include "engines/ocr/raster.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace shoal::ocr_engine {

value::Box Transform::apply(value::Box const& box) const {
  double x0 = a * box[0] + c * box[1] + e, y0 = b * box[0] + d * box[1] + f;
  double x1 = a * box[2] + c * box[3] + e, y1 = b * box[2] + d * box[3] + f;
  return {std::min(x0, x1), std::min(y0, y1), std::max(x0, x1), std::max(y0, y1)};
}

Raster turned_around(Raster const& raster) {
  Raster turned = raster;
  std::reverse(turned.gray.begin(), turned.gray.end());
  auto const& to = raster.to_points;
  turned.to_points = {.a = -to.a,
                      .b = -to.b,
                      .c = -to.c,
                      .d = -to.d,
                      .e = to.e + to.a * raster.width + to.c * raster.height,
                      .f = to.f + to.b * raster.width + to.d * raster.height};
  return turned;
}

bool is_even(Raster const& raster) {
  auto const& gray = raster.gray;
  return std::all_of(gray.begin(), gray.end(), [&](std::uint8_t pixel) { return pixel == gray.front(); });
}

std::string name_of(value::Blob const& document) {
  return document.name().empty() ? "the document" : printable(document.name());
}

Error too_many_pixels(value::Blob const& document, std::int64_t page, double width, double height) {
  return Error(Code::unsupported,
               "page " + std::to_string(page) + " of " + name_of(document) + " has an image of " +
                   std::to_string(std::llround(width)) + " × " + std::to_string(std::llround(height)) +
                   " pixels, too large to decode safely; scan or save it at a lower resolution");
}

}  // namespace shoal::ocr_engine
