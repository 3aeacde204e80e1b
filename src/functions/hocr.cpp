// hocr: pages as hOCR 1.2 (https://kba.github.io/hocr-spec/1.2/), which viewers of scans and archives read.
#include <algorithm>
#include <cmath>
#include <string>

#include "base/text.h"
#include "functions/groups.h"
#include "value/records.h"

namespace shoal::functions {
namespace {

using value::Box;
using value::Value;

constexpr char const* kHead =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\" "
    "\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n"
    "<html xmlns=\"http://www.w3.org/1999/xhtml\">\n"
    "<head>\n"
    "<title>{{title}}</title>\n"
    "<meta http-equiv=\"Content-Type\" content=\"text/html;charset=utf-8\"/>\n"
    "<meta name=\"ocr-system\" content=\"shoal\"/>\n"
    "<meta name=\"ocr-capabilities\" content=\"ocr_page ocr_carea ocr_par ocr_line ocrx_word\"/>\n"
    "</head>\n"
    "<body>\n";

// For the text of an element and for an attribute in double quotes; without what XML 1.0 does not allow.
std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    auto const begin = at;
    auto const code = next_code_point(text, at);
    bool const allowed = code >= 0x20 || code == '\t' || code == '\n' || code == '\r';
    switch (code) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default:
        if (allowed && code != 0xFFFE && code != 0xFFFF) out += text.substr(begin, at - begin);
    }
  }
  return out;
}

// In a property's string a quote and a backslash would end it early.
std::string quoted_name(std::string_view name) {
  std::string out;
  for (char const c : name) {
    if (c != '"' && c != '\\') out += c;
  }
  return "&quot;" + escaped(out) + "&quot;";
}

class HocrWriter {
 public:
  HocrWriter(std::string document, double dpi) : document_(std::move(document)), scale_(dpi / 72) {}

  std::string write(value::Page const& page) {
    auto const id = std::to_string(++pages_);
    out_ = "<div class=\"ocr_page\" id=\"page_" + id + "\" title=\"image " + quoted_name(document_) + "; " +
           bbox({0, 0, page.width, page.height}) + "; ppageno " +
           std::to_string(std::max<std::int64_t>(page.number, 1) - 1) + "; scan_res " + resolution() + " " +
           resolution() + "\">\n";
    for (std::size_t begin = 0; begin < page.words.size();) begin = write_paragraph(page, begin);
    return out_ + "</div>\n";
  }

 private:
  // Pixels, as integers.
  std::string bbox(Box const& box) const {
    std::string text = "bbox";
    for (auto const side : box)
      text += " " + std::to_string(std::max<long long>(0, std::llround(side * scale_)));
    return text;
  }
  std::string resolution() const { return std::to_string(std::llround(scale_ * 72)); }

  static Box around(value::Page const& page, std::size_t begin, std::size_t end) {
    Box box = page.words[begin].box;
    for (auto i = begin; i < end; ++i) {
      auto const& word = page.words[i].box;
      box = {std::min(box[0], word[0]), std::min(box[1], word[1]), std::max(box[2], word[2]),
             std::max(box[3], word[3])};
    }
    return box;
  }

  // Whether a blank line of the text stands before the word, which is at `at` or behind it; goes on behind
  // the word.
  static bool begins_paragraph(std::string const& text, std::string const& word, std::size_t& at) {
    auto const found = text.find(word, at);
    if (found == std::string::npos) return false;
    bool const blank_line = text.substr(at, found - at).find("\n\n") != std::string::npos;
    at = found + word.size();
    return blank_line;
  }

  std::size_t end_of_paragraph(value::Page const& page, std::size_t begin) {
    begins_paragraph(page.text, page.words[begin].text, at_);
    for (auto i = begin + 1; i < page.words.size(); ++i) {
      auto next = at_;
      if (begins_paragraph(page.text, page.words[i].text, next)) return i;
      at_ = next;
    }
    return page.words.size();
  }

  std::size_t write_paragraph(value::Page const& page, std::size_t begin) {
    if (begin == 0) at_ = 0;
    auto const end = end_of_paragraph(page, begin);
    auto const id = std::to_string(pages_) + "_" + std::to_string(begin);
    auto const place = bbox(around(page, begin, end));
    out_ += "<div class=\"ocr_carea\" id=\"block_" + id + "\" title=\"" + place +
            "\">\n<p class=\"ocr_par\" id=\"par_" + id + "\" title=\"" + place + "\">\n";
    for (auto line = begin; line < end;) {
      auto line_end = line;
      while (line_end < end && page.words[line_end].line == page.words[line].line) ++line_end;
      write_line(page, line, line_end);
      line = line_end;
    }
    out_ += "</p>\n</div>\n";
    return end;
  }

  void write_line(value::Page const& page, std::size_t begin, std::size_t end) {
    out_ += "<span class=\"ocr_line\" id=\"line_" + std::to_string(pages_) + "_" + std::to_string(begin) +
            "\" title=\"" + bbox(around(page, begin, end)) + "\">";
    for (auto i = begin; i < end; ++i) {
      auto const& word = page.words[i];
      out_ += (i > begin ? " " : "") + std::string("<span class=\"ocrx_word\" id=\"word_") +
              std::to_string(pages_) + "_" + std::to_string(i) + "\" title=\"" + bbox(word.box) +
              "; x_wconf " + std::to_string(std::llround(std::clamp(word.confidence, 0.0, 1.0) * 100)) +
              "\">" + escaped(word.text) + "</span>";
    }
    out_ += "</span>\n";
  }

  std::string const document_;
  double const scale_;
  int pages_ = 0;
  std::size_t at_ = 0;  // in the page's text, behind the newest word
  std::string out_;
};

Result<Value> hocr(Value const& inputs) {
  auto const& document = inputs["document"].as_text();
  HocrWriter writer(document, static_cast<double>(inputs["dpi"].as_integer()));
  auto text = replace_all(kHead, "{{title}}", escaped(document));
  for (auto const& page : inputs["pages"].as_list()) {
    if (!page.is_null()) text += writer.write(value::page_from(page));
  }
  return Value::record({{"hocr", text + "</body>\n</html>\n"}});
}

}  // namespace

std::vector<Function> hocr_functions() {
  Function function{.name = "hocr",
                    .about = "Writes pages as hOCR 1.2: their words, lines and paragraphs with their boxes.",
                    .call = hocr};
  auto dpi = option("dpi", "integer", 300, "The resolution of the image whose pixels the boxes count.");
  dpi.min = 1;
  function.signature.inputs = {port("pages", "list<page>", "The pages; items that are null are left out."),
                               option("document", "text", "", "The name of the image or the document."),
                               std::move(dpi)};
  function.signature.outputs = {port("hocr", "text", "An XHTML document.")};
  return {function};
}

}  // namespace shoal::functions
