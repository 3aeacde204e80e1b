#include "engines/ocr/page_writer.h"

#include <utility>

namespace shoal::ocr_engine {

void PageWriter::add_word(std::string word, value::Box const& box, double confidence) {
  if (separator_.find('\n') != std::string::npos) ++line_;
  page_.text += separator_ + word;
  separator_ = " ";
  confidence_sum_ += confidence;
  page_.words.push_back({.text = std::move(word), .box = box, .confidence = confidence, .line = line_});
}

void PageWriter::end_line() {
  if (separator_ == " ") separator_ = "\n";
}

void PageWriter::end_paragraph() {
  if (!page_.words.empty()) separator_ = "\n\n";
}

value::Page PageWriter::finish() {
  if (!page_.words.empty()) page_.confidence = confidence_sum_ / static_cast<double>(page_.words.size());
  return std::move(page_);
}

}  // namespace shoal::ocr_engine
