#include "engines/ocr/text_layer.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/characters.h"
#include "base/text.h"
#include "engines/ocr/page_writer.h"

namespace shoal::ocr_engine {
namespace {

// Below this share of letters and digits the characters are no language.
constexpr double kLeastLetters = 0.4;
// What a scanner or a filing system stamps on a scan has fewer words.
constexpr std::size_t kStampWords = 10;
constexpr double kScanShare = 0.5;
// Or it stands in the margins alone: a running line of who downloaded it and when. In shares of the page.
constexpr double kMargin = 0.08;
// Lines of a paragraph follow each other closer than this, in heights of the upper line.
constexpr double kParagraphGap = 1.2;

// A blank that a PDF may have between words, or one that has no width.
bool is_blank(char32_t code) { return (is_space(code) && !is_line_end(code)) || code == 0x200B; }

bool has_no_meaning(Glyph const& glyph) { return glyph.unmapped || is_meaningless(glyph.code); }

// Runs of one sign ("Contents .......... 3") count once.
bool is_language(std::vector<Glyph> const& glyphs) {
  double letters = 0, all = 0;
  char32_t previous = 0;
  for (auto const& glyph : glyphs) {
    if (glyph.generated || is_blank(glyph.code) || is_line_end(glyph.code)) continue;
    bool letter = !has_no_meaning(glyph) && is_word_part(glyph.code);
    if (!letter && glyph.code == previous) continue;
    previous = glyph.code;
    letters += letter;
    ++all;
  }
  return all > 0 && letters / all >= kLeastLetters;
}

bool is_in_margin(value::Box const& box, value::Box const& page) {
  double const across = kMargin * page[2], down = kMargin * page[3];
  return box[3] <= down || box[1] >= page[3] - down || box[2] <= across || box[0] >= page[2] - across;
}

bool is_stamp_on_scan(std::vector<Glyph> const& glyphs, value::Page const& page, PageFacts const& facts) {
  if (facts.image_share < kScanShare) return false;
  value::Box const area = {0, 0, facts.width, facts.height};
  bool const in_margins = std::all_of(page.words.begin(), page.words.end(),
                                      [&](value::Word const& word) { return is_in_margin(word.box, area); });
  if (page.words.size() >= kStampWords && !in_margins) return false;
  return std::none_of(glyphs.begin(), glyphs.end(), [](Glyph const& glyph) { return glyph.invisible; });
}

bool is_empty(value::Box const& box) { return box[2] <= box[0] || box[3] <= box[1]; }

value::Box joined(value::Box const& a, value::Box const& b) {
  if (is_empty(a)) return b;
  if (is_empty(b)) return a;
  return {std::min(a[0], b[0]), std::min(a[1], b[1]), std::max(a[2], b[2]), std::max(a[3], b[3])};
}

// Gathers glyphs to words and words to lines; a line is written when it is complete, because only
// then its place, and so whether it begins a paragraph, is known.
class LineBuilder {
 public:
  void add(Glyph const& glyph) {
    if (is_line_end(glyph.code)) {
      end_line();
    } else if (is_blank(glyph.code)) {
      end_word();
    } else {
      append_utf8(word_, glyph.code);
      box_ = joined(box_, glyph.box);
    }
  }

  value::Page finish() {
    end_line();
    return writer_.finish();
  }

 private:
  void end_word() {
    if (!word_.empty()) words_.emplace_back(std::exchange(word_, {}), std::exchange(box_, {}));
  }

  void end_line() {
    end_word();
    if (words_.empty()) return;
    value::Box line{};
    for (auto const& word : words_) line = joined(line, word.second);
    if (begins_paragraph(line))
      writer_.end_paragraph();
    else
      writer_.end_line();
    for (auto& [text, box] : words_) writer_.add_word(std::move(text), box, 1);
    words_.clear();
    previous_ = line;
  }

  // Far below the line before, or not below it at all (the next column).
  bool begins_paragraph(value::Box const& line) const {
    double height = std::max(previous_[3] - previous_[1], line[3] - line[1]);
    double gap = line[1] - previous_[3];
    return gap > kParagraphGap * height || line[3] < previous_[1];
  }

  PageWriter writer_;
  std::string word_;
  value::Box box_{}, previous_{};
  std::vector<std::pair<std::string, value::Box>> words_;
};

}  // namespace

value::Page page_from(std::vector<Glyph> const& glyphs, PageFacts const& facts) {
  if (!is_language(glyphs)) return {};
  LineBuilder builder;
  for (auto const& glyph : glyphs) {
    if (is_line_end(glyph.code) || !has_no_meaning(glyph)) builder.add(glyph);
  }
  auto page = builder.finish();
  if (is_stamp_on_scan(glyphs, page, facts)) return {};
  page.source = "text";
  return page;
}

}  // namespace shoal::ocr_engine
