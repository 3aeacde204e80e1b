// The text that a PDF page has already, made of its glyphs: words, lines, paragraphs, and whether it
// is text at all. Knows nothing of PDFium. Any thread.
#pragma once

#include <vector>

#include "value/records.h"

namespace shoal::ocr_engine {

// One character in the page's own order.
struct Glyph {
  char32_t code = 0;
  value::Box box{};        // points
  bool generated = false;  // a blank or a line end that the library put between characters
  bool unmapped = false;   // the font does not say which character it is
  bool invisible = false;  // drawn in no colour: the text layer of a scan that was recognised before
};

struct PageFacts {
  double width = 0, height = 0;  // points
  double image_share = 0;        // of the area, that images cover
};

// The page with text, words and source "text". Without text, source and all are empty: no glyphs, or
// mostly such as the font does not explain, or more signs than letters, which is what a font without
// a map gives. A few visible words on a page that images cover, or words in its
// margins alone, are a stamp on a scan and not its text.
value::Page page_from(std::vector<Glyph> const& glyphs, PageFacts const& facts);

}  // namespace shoal::ocr_engine
