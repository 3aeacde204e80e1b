// Sets a page upright, straight and of a size that can be read, before it is recognised. Any thread.
#pragma once

#include "engines/ocr/pix.h"
#include "engines/ocr/raster.h"

namespace shoal::ocr_engine {

// What must be done to a page, from a look at its ink that takes some milliseconds.
struct Lie {
  int quarter_turns = 0;  // clockwise, first
  double angle = 0;       // degrees clockwise, second
  double scale = 1;       // letters become about as high as those of a book at 300 dpi
  bool is_right() const { return quarter_turns == 0 && angle == 0 && scale == 1; }
};

// Nothing is done where the ink is not clear about it. `columns` of print that are read from the top down are
// no page that lies on its side.
enum class Writing { lines, columns };
Lie lie_of(Ink const& ink, Writing writing);

// Points stay where they are on the page; what was scaled counts as 300 dpi. out_of_memory where the pixels
// do not fit.
Result<Raster> straightened(Raster const& raster, Lie const& lie);

}  // namespace shoal::ocr_engine
