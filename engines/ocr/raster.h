// A page as pixels, and how its pixels lie on the page. Plain data.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "value/blob.h"
#include "value/records.h"

namespace shoal::ocr_engine {

// From pixels to points: (a·x + c·y + e, b·x + d·y + f).
struct Transform {
  double a = 1, b = 0, c = 0, d = 1, e = 0, f = 0;

  // The upright box around the transformed one.
  value::Box apply(value::Box const& box) const;
  // This one after `first`.
  Transform after(Transform const& first) const;
};

// From places on a page of `width` × `height` that was turned clockwise to those on the page before.
Transform undo_turns(int quarter_turns, double width, double height);

struct Raster {
  int width = 0, height = 0;
  std::vector<std::uint8_t> gray;  // rows from the top, without padding; 255 is white
  double dpi = 300;
  Transform to_points;  // see value/records.h for the points
};

// The raster turned clockwise; points stay where they are on the page.
Raster turned(Raster const& raster, int quarter_turns);
// Whether all pixels are of one colour: nothing to read.
bool is_even(Raster const& raster);

// A page with more pixels is rendered, or scaled down, to this many before it is recognised: A3 at 570 dpi.
inline constexpr double kMaxRasterPixels = 64e6;
// Tesseract counts pixels in 16 bits.
inline constexpr double kMaxRasterSide = 32000;
// What is larger is not decoded at all: such images are mistakes or meant to fill the memory. Fax
// and JBIG2 images have one bit a pixel, so a plan on A0 at 400 dpi passes.
inline constexpr double kMaxImagePixels = 100e6;
inline constexpr double kMaxBilevelPixels = 400e6;

// Whether nobody wants the answer any more; asked often. `give_up` answers from another thread and ends the
// process, for a library that does not come back; where it is empty the process ends without an answer.
struct Stop : std::function<bool()> {
  using std::function<bool()>::function;
  std::function<void(Error)> give_up;
};
// Takes the next page of a document that has `all`; 0: nobody knows yet.
using GiveSheet = std::function<void(value::Sheet sheet, std::size_t all)>;

// The document's name for messages.
std::string name_of(value::Blob const& document);
// "page 3 of scan.pdf"
std::string name_of_page(value::Blob const& document, std::int64_t page);
Error too_many_pixels(value::Blob const& document, std::int64_t page, double width, double height);

}  // namespace shoal::ocr_engine
