// The named records that engines, functions and tasks share, as structs and as values. The same
// names are types in documents (`page`, `list<sheet>`, …).
//
// Fixed for all: spans are UTF-8 byte offsets, half-open, sorted, not overlapping. Boxes are
// [x0, y0, x1, y1] in PDF points (1/72 inch), origin at the top left of the unrotated crop box; where
// there is no PDF, pixels × 72 / dpi. A `line` of 0 is left out of the value, and so not a field of the type.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "value/type.h"
#include "value/value.h"

namespace shoal::value {

using Box = std::array<double, 4>;

struct Word {
  std::string text;
  Box box{};
  double confidence = 1;  // 0 … 1
  std::int64_t line = 0;  // index of its line on the page, in reading order
};

// What was read on one page.
struct Page {
  std::int64_t number = 0;       // of the document, from 1
  double width = 0, height = 0;  // points
  std::string text;              // words in reading order; lines end in \n, paragraphs in \n\n
  std::vector<Word> words;       // in the order of the text
  double confidence = 1;         // mean of the words', 1 where nothing was recognised
  std::string source;            // "text" (the page had it) or "ocr"
  std::int64_t line = 0;         // of the document, from 1, on which the text begins; 0: it has no lines
};

// A reference to one page of a document, rendered where it is read. A list of them is small, however long the
// document: the words of a page are asked for page by page.
struct Sheet {
  BlobPtr document;
  std::int64_t number = 0;
  std::int64_t dpi = 300;
  double width = 0, height = 0;
  std::string text;  // that the page has already; empty: it must be recognised
};

// A stretch of a document that can be found and cited.
struct Passage {
  std::string id;
  std::string document;  // path or name, for people
  std::string title;
  std::int64_t page = 0;   // of the document, from 1; 0: the document has no pages
  std::string text;        // verbatim from the page
  std::vector<Box> boxes;  // one a line
  double score = 0;        // of the search that found it, higher is better
  std::int64_t line = 0;   // of the document, from 1, on which the text begins; 0: it has no lines
};

// A quote that stands word for word on a page, and where. Made by code, never by a model.
struct Citation {
  std::string document;
  std::int64_t page = 0;
  std::string quote;       // the page's own characters
  std::vector<Box> boxes;  // of the lines that hold it
  std::int64_t line = 0;   // of the document, from 1, on which the quote begins; 0: it has no lines
};

Type const& page_type();
Type const& sheet_type();
Type const& passage_type();
Type const& citation_type();

Value to_value(Word const& word);
Value to_value(Page const& page);
Value to_value(Sheet const& sheet);
Value to_value(Passage const& passage);
Value to_value(Citation const& citation);
Value to_value(Box const& box);

// The value must conform to the type (null gives the struct's defaults).
Page page_from(Value const& value);
Sheet sheet_from(Value const& value);
Passage passage_from(Value const& value);

// A named record's type, or nullptr. `names` lists them all.
Type const* find_named_type(std::string_view name);
std::vector<std::string> named_types();

}  // namespace shoal::value
