// Documents made in tests, and a call's context that never stops it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "value/blob.h"
#include "value/records.h"

namespace shoal::ocr_engine::testing {

inline value::BlobPtr blob(std::string bytes, std::string name = "test.pdf") {
  return value::Blob::own(std::move(bytes), {.name = std::move(name)});
}

inline value::BlobPtr example(std::string const& name) {
  std::ifstream file(std::string(SHOAL_SOURCE_DIR) + "/examples/scans/" + name, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return blob(bytes.str(), name);
}

// Takes pages and keeps them.
inline auto into(std::vector<value::Sheet>& sheets) {
  return [&sheets](value::Sheet sheet, std::size_t) { sheets.push_back(std::move(sheet)); };
}
inline void ignore(value::Sheet const&, std::size_t) {}

struct PdfPage {
  std::string content;                // a content stream; its font is /F (Helvetica)
  std::string box = "[0 0 612 792]";  // the media box
  std::string more = {};              // further entries, such as "/Rotate 90"
};

// A whole PDF file with a cross-reference table, of objects from 1; the first is the catalogue.
inline std::string pdf_of_objects(std::vector<std::string> const& objects, std::string const& trailer = {}) {
  std::string file = "%PDF-1.7\n";
  std::string table;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    std::string offset = std::to_string(file.size());
    table += std::string(10 - offset.size(), '0') + offset + " 00000 n \n";
    file += std::to_string(i + 1) + " 0 obj\n" + objects[i] + "\nendobj\n";
  }
  std::string size = std::to_string(objects.size() + 1);
  std::string start = std::to_string(file.size());
  return file + "xref\n0 " + size + "\n0000000000 65535 f \n" + table + "trailer\n<</Size " + size +
         "/Root 1 0 R" + trailer + ">>\nstartxref\n" + start + "\n%%EOF\n";
}

inline std::string stream(std::string const& bytes, std::string const& entries = {}) {
  return "<<" + entries + "/Length " + std::to_string(bytes.size()) + ">>\nstream\n" + bytes + "\nendstream";
}

inline constexpr char const* kHelvetica =
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>";

// `extra` are objects from number 4; pages and their contents come after them.
inline std::string make_pdf(std::vector<PdfPage> const& pages, std::vector<std::string> const& extra = {}) {
  std::vector<std::string> objects = {"<</Type/Catalog/Pages 2 0 R>>", "", kHelvetica};
  objects.insert(objects.end(), extra.begin(), extra.end());
  std::string kids;
  for (auto const& page : pages) {
    std::string number = std::to_string(objects.size() + 1), content = std::to_string(objects.size() + 2);
    kids += number + " 0 R ";
    bool own_resources = page.more.find("/Resources") != std::string::npos;
    objects.push_back("<</Type/Page/Parent 2 0 R/MediaBox" + page.box + "/Contents " + content + " 0 R" +
                      (own_resources ? "" : "/Resources<</Font<</F 3 0 R>>>>") + page.more + ">>");
    objects.push_back(stream(page.content));
  }
  objects[1] = "<</Type/Pages/Count " + std::to_string(pages.size()) + "/Kids[" + kids + "]>>";
  return pdf_of_objects(objects);
}

// One line of text; x and y from the bottom left. `render` 3 is invisible.
inline std::string line(double x, double y, int size, std::string const& text, int render = 0) {
  return "BT /F " + std::to_string(size) + " Tf " + std::to_string(render) + " Tr " + std::to_string(x) +
         " " + std::to_string(y) + " Td (" + text + ") Tj ET\n";
}

struct TiffFrame {
  std::uint32_t width = 0, height = 0;
  std::uint16_t bits = 8;  // 8 or 1; 0 is black
  std::uint32_t x_dpi = 0, y_dpi = 0;
  std::string pixels = {};  // rows, padded to bytes; may be short
};

// An uncompressed little-endian TIFF.
inline std::string make_tiff(std::vector<TiffFrame> const& frames) {
  std::string file("II*\0\0\0\0\0", 8);
  auto put = [&](std::size_t at, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i)
      file[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (8 * i));
  };
  auto add = [&](std::uint32_t value, int bytes) {
    file.append(static_cast<std::size_t>(bytes), '\0');
    put(file.size() - static_cast<std::size_t>(bytes), value, bytes);
  };
  std::size_t link = 4;
  for (auto const& frame : frames) {
    auto strip = static_cast<std::uint32_t>(file.size());
    file += frame.pixels;
    if (file.size() % 2) file += '\0';
    auto resolution = static_cast<std::uint32_t>(file.size());
    for (auto dpi : {frame.x_dpi, frame.y_dpi}) add(dpi, 4), add(1, 4);
    put(link, static_cast<std::uint32_t>(file.size()), 4);
    std::uint32_t const size = (frame.width * frame.bits + 7) / 8 * frame.height;
    std::vector<std::array<std::uint32_t, 3>> entries = {
        {256, 4, frame.width}, {257, 4, frame.height}, {258, 3, frame.bits}, {259, 3, 1},
        {262, 3, 1},           {273, 4, strip},        {277, 3, 1},          {278, 4, frame.height},
        {279, 4, size}};
    if (frame.x_dpi)
      entries.insert(entries.end(), {{282, 5, resolution}, {283, 5, resolution + 8}, {296, 3, 2}});
    add(static_cast<std::uint32_t>(entries.size()), 2);
    for (auto [tag, type, value] : entries) add(tag, 2), add(type, 2), add(1, 4), add(value, 4);
    link = file.size();
    add(0, 4);
  }
  return file;
}

class Context final : public engine::CallContext {
 public:
  // Says "cancelled" from the n-th question on.
  explicit Context(int stop_at = -1) : endless_(stop_at < 0), left_(stop_at) {}
  void chunk(std::string_view, value::Value part) override { parts.push_back(std::move(part)); }
  void progress(double, double, std::string_view) override {}
  bool cancelled() const override { return endless_ ? false : left_-- <= 0; }
  void give_up(Error) override {}

  value::Value::List parts;  // sent so far

 private:
  bool endless_;
  mutable std::atomic<int> left_;
};

}  // namespace shoal::ocr_engine::testing
