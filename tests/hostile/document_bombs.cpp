#include "tests/hostile/document_bombs.h"

#include <cstdint>
#include <string_view>
#include <utility>

#include "tests/hostile/random.h"

namespace shoal::hostile {
namespace {

std::string number(std::size_t value) { return std::to_string(value); }

std::string repeated(std::string_view part, std::size_t count) {
  std::string text;
  text.reserve(part.size() * count);
  for (std::size_t i = 0; i < count; ++i) text += part;
  return text;
}

// --- PDF

// Objects from 1 on; the first is the catalogue.
std::string pdf(std::vector<std::string> const& objects, std::string const& trailer = {}) {
  std::string file = "%PDF-1.7\n", table;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    auto const offset = number(file.size());
    table += std::string(10 - offset.size(), '0') + offset + " 00000 n \n";
    file += number(i + 1) + " 0 obj\n" + objects[i] + "\nendobj\n";
  }
  auto const start = number(file.size()), size = number(objects.size() + 1);
  return file + "xref\n0 " + size + "\n0000000000 65535 f \n" + table + "trailer\n<</Size " + size +
         "/Root 1 0 R" + trailer + ">>\nstartxref\n" + start + "\n%%EOF\n";
}

std::string stream(std::string const& bytes, std::string const& entries = {}) {
  return "<<" + entries + "/Length " + number(bytes.size()) + ">>\nstream\n" + bytes + "\nendstream";
}

// A page with the objects from 5 on, which its resources may name.
std::string pdf_page(std::string const& content, std::vector<std::string> const& more = {},
                     std::string const& resources = {}, std::string const& box = "[0 0 612 792]") {
  std::vector<std::string> objects = {
      "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
      "<</Type/Page/Parent 2 0 R/MediaBox" + box + "/Contents 4 0 R/Resources<<" + resources + ">>>>",
      content};
  objects.insert(objects.end(), more.begin(), more.end());
  return pdf(objects);
}

// Deflate (RFC 1951) with its fixed codes of `count` × 258 zeros and one, in the frame of RFC 1950 without
// its sum.
std::string zeros_deflated(std::size_t count) {
  std::string bytes = "\x78\x9c";
  std::uint32_t held = 0;
  int bits = 0;
  auto const put = [&](std::uint32_t value, int length) {
    held |= value << bits;
    for (bits += length; bits >= 8; bits -= 8, held >>= 8) bytes += static_cast<char>(held);
  };
  put(0b011, 3);       // the last block, of fixed codes
  put(0b00001100, 8);  // a zero
  for (std::size_t i = 0; i < count; ++i) {
    put(0b10100011, 8);  // 258 bytes …
    put(0, 5);           // … from one byte before
  }
  put(0, 7);
  put(0, 7);
  return bytes;
}

std::string image_object(std::string const& size, std::string const& bytes, std::string const& more) {
  return stream(bytes,
                "/Type/XObject/Subtype/Image" + size + "/ColorSpace/DeviceGray/BitsPerComponent 8" + more);
}

std::string nested_page_tree(std::size_t depth) {
  std::vector<std::string> objects = {"<</Type/Catalog/Pages 2 0 R>>"};
  for (std::size_t i = 0; i < depth; ++i)
    objects.push_back("<</Type/Pages/Count 1/Kids[" + number(i + 3) + " 0 R]>>");
  objects.push_back("<</Type/Page/Parent " + number(depth + 1) + " 0 R/MediaBox[0 0 100 100]>>");
  return pdf(objects);
}

// Each form draws the next one ten times.
std::string forms_in_forms() {
  std::vector<std::string> forms;
  for (std::size_t i = 0; i < 9; ++i) {
    auto const next = "/Resources<</XObject<</X " + number(i + 6) + " 0 R>>>>";
    forms.push_back(stream(repeated("/X Do ", 10), "/Type/XObject/Subtype/Form/BBox[0 0 612 792]" + next));
  }
  forms.push_back(stream("0 0 1 1 re f", "/Type/XObject/Subtype/Form/BBox[0 0 612 792]"));
  return pdf_page(stream("/X Do"), forms, "/XObject<</X 5 0 R>>");
}

std::vector<Document> pdf_bombs() {
  auto const huge_bits =
      stream("",
             "/Type/XObject/Subtype/Image/Width 35000/Height 35000/ColorSpace/DeviceGray"
             "/BitsPerComponent 1/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 35000>>");
  auto const self =
      stream("/X Do", "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>");
  auto const image = [](std::string const& size, std::string const& bytes, std::string const& more) {
    return pdf_page(stream("600 0 0 700 0 0 cm /I Do"), {image_object(size, bytes, more)},
                    "/XObject<</I 5 0 R>>");
  };
  auto const text = [](std::string const& bytes) {
    return pdf_page(stream(bytes), {"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"}, "/Font<</F 5 0 R>>");
  };
  return {
      {"no pages.pdf", pdf({"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 0/Kids[]>>"})},
      {"a page tree in itself.pdf",
       pdf({"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 3/Kids[2 0 R 2 0 R]>>"})},
      {"a deep page tree.pdf", nested_page_tree(20'000)},
      {"a count that lies.pdf",
       pdf({"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 2147483647/Kids[]>>"})},
      {"35000 pixels.pdf", pdf_page(stream("600 0 0 700 0 0 cm /I Do"), {huge_bits}, "/XObject<</I 5 0 R>>")},
      {"a flate bomb.pdf", pdf_page(stream(zeros_deflated(4'000'000), "/Filter/FlateDecode"))},
      {"a flate bomb in a flate bomb.pdf",
       pdf_page(stream(zeros_deflated(1'000'000), "/Filter[/FlateDecode/FlateDecode/ASCIIHexDecode]"))},
      {"an image of a flate bomb.pdf",
       image("/Width 9999/Height 9999", zeros_deflated(400'000), "/Filter/FlateDecode")},
      {"an image of no area.pdf", image("/Width 0/Height 0", "", "")},
      {"an image of negative area.pdf", image("/Width -5/Height 99999999999", "xx", "")},
      {"an image cut off.pdf", image("/Width 5000/Height 5000", "too short", "")},
      {"an astronomical page.pdf", pdf_page(stream("0 0 1 1 re f"), {}, {}, "[0 0 1e30 1e30]")},
      {"a page of no area.pdf", pdf_page(stream("0 0 1 1 re f"), {}, {}, "[5 5 5 5]")},
      {"a page as long as a road.pdf", pdf_page(stream("0 0 1 1 re f"), {}, {}, "[0 0 1 100000000]")},
      {"a form in itself.pdf", pdf_page(stream("/X Do"), {self}, "/XObject<</X 5 0 R>>")},
      {"deep arrays.pdf", pdf_page(repeated("[", 200'000) + repeated("]", 200'000))},
      {"deep dictionaries.pdf", pdf_page(repeated("<</A ", 100'000) + repeated(">>", 100'000))},
      {"deep states.pdf", pdf_page(stream(repeated("q ", 500'000) + "0 0 1 1 re f"))},
      {"a huge letter.pdf", text("BT /F 1e9 Tf 0 0 Td (Big) Tj ET")},
      {"a million letters.pdf", text("BT /F 12 Tf 9 9 Td (" + repeated("lots ", 200'000) + ") Tj ET")},
      {"dashes without end.pdf", pdf_page(stream("[0.000001] 0 d 0 0 m 600 700 l S"))},
      {"a table in itself.pdf",
       pdf({"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 0/Kids[]>>"}, "/Prev 9")},
      {"nothing but a header.pdf", "%PDF-1.7\n"},
      {"a header and noise.pdf", "%PDF-1.7\n" + repeated("\x01\xfe<<[(", 50'000)},
  };
}

// --- images

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

std::string little_endian(std::uint32_t value, int length = 4) {
  std::string bytes;
  for (int i = 0; i < length; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

std::uint32_t crc_of(std::string const& bytes) {
  std::uint32_t crc = 0xffffffff;
  for (unsigned char const byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
  }
  return ~crc;
}

std::string png_chunk(std::string const& kind, std::string const& bytes) {
  return big_endian(static_cast<std::uint32_t>(bytes.size())) + kind + bytes +
         big_endian(crc_of(kind + bytes));
}

std::string png(std::uint32_t width, std::uint32_t height, std::string const& kind,
                std::string const& pixels) {
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", big_endian(width) + big_endian(height) + kind) +
         png_chunk("IDAT", pixels) + png_chunk("IEND", "");
}

std::string bmp(std::uint32_t width, std::uint32_t height, std::uint32_t bits) {
  return "BM" + little_endian(200) + little_endian(0) + little_endian(54) + little_endian(40) +
         little_endian(width) + little_endian(height) + little_endian(1, 2) + little_endian(bits, 2) +
         std::string(24, '\0') + "xx";
}

// A directory with the entries given as tag, type, count, value; `next` is where the next one begins.
std::string tiff(std::vector<std::vector<std::uint32_t>> const& entries, std::uint32_t next) {
  auto bytes = "II" + little_endian(42, 2) + little_endian(8) +
               little_endian(static_cast<std::uint32_t>(entries.size()), 2);
  for (auto const& entry : entries)
    bytes += little_endian(entry[0], 2) + little_endian(entry[1], 2) + little_endian(entry[2]) +
             little_endian(entry[3]);
  return bytes + little_endian(next);
}

// A sheet of paper with one pixel in twenty black: the search for lines on it would take hours.
std::string specks() {
  constexpr std::uint32_t kRowBytes = 319, kRows = 3300, kEntries = 9;
  std::string pixels(kRowBytes * kRows, '\xff');
  Random random(1);
  for (std::size_t i = 0; i < pixels.size() * 8 / 20; ++i)
    pixels[random.below(pixels.size())] &= static_cast<char>(~(1u << random.below(8)));
  return tiff({{256, 4, 1, kRowBytes * 8},
               {257, 4, 1, kRows},
               {258, 3, 1, 1},
               {259, 3, 1, 1},
               {262, 3, 1, 1},
               {273, 4, 1, 8 + 2 + 12 * kEntries + 4},
               {277, 3, 1, 1},
               {278, 4, 1, kRows},
               {279, 4, 1, kRowBytes * kRows}},
              0) +
         pixels;
}

std::vector<Document> image_bombs() {
  std::string const gray8("\x08\0\0\0\0", 5), bits1("\x01\0\0\0\0", 5), interlaced("\x08\0\0\0\1", 5);
  auto const jpeg = std::string("\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\1\1\x2c\1\x2c\0\0", 20) +
                    std::string("\xff\xc0\0\x0b\x08\xff\xff\xff\xff\1\1\x11\0\xff\xd9", 15);
  return {
      {"a large bomb.png", png(30000, 30000, gray8, zeros_deflated(3'500'000))},
      {"a large bomb of bits.png", png(35000, 35000, bits1, zeros_deflated(600'000))},
      {"a small bomb.png", png(9000, 9000, gray8, zeros_deflated(320'000))},
      {"two thousand million pixels.png", png(0x7fffffff, 1, gray8, "")},
      {"no pixels.png", png(0, 0, gray8, "")},
      {"interlaced and cut off.png", png(3000, 3000, interlaced, zeros_deflated(100))},
      {"65535 pixels.jpg", jpeg},
      {"no end.jpg", "\xff\xd8" + repeated("\xff\xe1\x01\x01", 10'000)},
      {"a large bomb.bmp", bmp(60000, 60000, 24)},
      {"upside down.bmp", bmp(100, 0xffffff9c, 24)},
      {"two thousand million pixels.bmp", bmp(0x7fffffff, 0x7fffffff, 1)},
      {"a circle.tiff",
       tiff({{256, 4, 1, 8}, {257, 4, 1, 8}, {258, 3, 1, 8}, {273, 4, 1, 0}, {279, 4, 1, 64}}, 8)},
      {"many strips.tiff", tiff({{256, 4, 1, 1000},
                                 {257, 4, 1, 0x7fffffff},
                                 {258, 3, 1, 1},
                                 {273, 4, 0x3fffffff, 8},
                                 {278, 4, 1, 1},
                                 {279, 4, 0x3fffffff, 8}},
                                0)},
      {"a directory of itself.tiff",
       tiff({{256, 4, 1, 5000}, {257, 4, 1, 5000}, {330, 4, 1, 8}}, 0xffffffff)},
      {"nothing but a header.webp",
       std::string("RIFF\xff\xff\xff\x7fWEBPVP8 \xff\xff\xff\x7f\0\0\0\x9d\x01\x2a\xff\x3f\xff\x3f", 30)},
      {"nothing but a header.jp2", std::string("\0\0\0\x0cjP  \r\n\x87\n\xff\x4f\xff\x51", 16)},
  };
}

}  // namespace

std::vector<Document> slow_document_bombs() {
  auto const tiling = stream("/P scn 0 0 9 9 re f",
                             "/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]"
                             "/XStep 0.001/YStep 0.001/Resources<</Pattern<</P 5 0 R>>>>");
  auto const kids = "<</Type/Pages/Count 90000/Kids[" + repeated("3 0 R ", 90000) + "]>>";
  return {
      {"ninety thousand times one page.pdf",
       pdf({"<</Type/Catalog/Pages 2 0 R>>", kids, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"})},
      {"a billion rectangles.pdf", forms_in_forms()},
      {"specks.tiff", specks()},
      {"a pattern in itself.pdf",
       pdf_page(stream("/Pattern cs /P scn 0 0 600 700 re f"), {tiling}, "/Pattern<</P 5 0 R>>")},
  };
}

std::vector<Document> document_bombs() {
  auto all = pdf_bombs();
  for (auto& image : image_bombs()) all.push_back(std::move(image));
  return all;
}

}  // namespace shoal::hostile
