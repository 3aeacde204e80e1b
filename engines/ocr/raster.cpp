#include "engines/ocr/raster.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "base/text.h"

namespace shoal::ocr_engine {

value::Box Transform::apply(value::Box const& box) const {
  double const xs[] = {a * box[0] + c * box[1], a * box[2] + c * box[1], a * box[0] + c * box[3],
                       a * box[2] + c * box[3]};
  double const ys[] = {b * box[0] + d * box[1], b * box[2] + d * box[1], b * box[0] + d * box[3],
                       b * box[2] + d * box[3]};
  auto const [left, right] = std::minmax_element(std::begin(xs), std::end(xs));
  auto const [top, bottom] = std::minmax_element(std::begin(ys), std::end(ys));
  return {*left + e, *top + f, *right + e, *bottom + f};
}

Transform Transform::after(Transform const& first) const {
  return {.a = a * first.a + c * first.b,
          .b = b * first.a + d * first.b,
          .c = a * first.c + c * first.d,
          .d = b * first.c + d * first.d,
          .e = a * first.e + c * first.f + e,
          .f = b * first.e + d * first.f + f};
}

Transform undo_turns(int quarter_turns, double width, double height) {
  switch (quarter_turns & 3) {
    case 1: return {.a = 0, .b = -1, .c = 1, .d = 0, .e = 0, .f = height};
    case 2: return {.a = -1, .b = 0, .c = 0, .d = -1, .e = width, .f = height};
    case 3: return {.a = 0, .b = 1, .c = -1, .d = 0, .e = width, .f = 0};
    default: return {};
  }
}

Raster turned(Raster const& raster, int quarter_turns) {
  Raster result = raster;
  quarter_turns &= 3;
  if (quarter_turns == 2) std::reverse(result.gray.begin(), result.gray.end());
  if (quarter_turns % 2 == 1) {
    std::swap(result.width, result.height);
    auto const width = static_cast<std::size_t>(raster.width),
               height = static_cast<std::size_t>(raster.height);
    for (std::size_t y = 0; y < height; ++y) {
      for (std::size_t x = 0; x < width; ++x) {
        auto const to = quarter_turns == 1 ? x * height + (height - 1 - y) : (width - 1 - x) * height + y;
        result.gray[to] = raster.gray[y * width + x];
      }
    }
  }
  result.to_points = raster.to_points.after(undo_turns(quarter_turns, raster.width, raster.height));
  return result;
}

bool is_even(Raster const& raster) {
  auto const& gray = raster.gray;
  return std::all_of(gray.begin(), gray.end(), [&](std::uint8_t pixel) { return pixel == gray.front(); });
}

std::string name_of(value::Blob const& document) {
  return document.name().empty() ? "the document" : printable(document.name());
}

std::string name_of_page(value::Blob const& document, std::int64_t page) {
  return "page " + std::to_string(page) + " of " + name_of(document);
}

Error too_many_pixels(value::Blob const& document, std::int64_t page, double width, double height) {
  return Error(Code::unsupported,
               name_of_page(document, page) + " has an image of " + std::to_string(std::llround(width)) +
                   " × " + std::to_string(std::llround(height)) +
                   " pixels, too large to decode safely; scan or save it at a lower resolution");
}

}  // namespace shoal::ocr_engine
