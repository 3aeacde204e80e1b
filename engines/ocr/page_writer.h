// Puts the words of a page together, in reading order, so that text, words and lines agree. Used by one
// thread.
#pragma once

#include <string>

#include "value/records.h"

namespace shoal::ocr_engine {

class PageWriter {
 public:
  // `word` has no blanks; `box` in points.
  void add_word(std::string word, value::Box const& box, double confidence);
  // What follows stands on a new line, or in a new paragraph. Before the first word, or twice, nothing
  // happens.
  void end_line();
  void end_paragraph();

  // The page with text, words and confidence; number, size and source are the caller's.
  value::Page finish();

 private:
  value::Page page_;
  std::string separator_;
  std::int64_t line_ = 0;
  double confidence_sum_ = 0;
};

}  // namespace shoal::ocr_engine
