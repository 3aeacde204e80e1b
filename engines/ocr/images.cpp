#include "engines/ocr/images.h"

#include <leptonica/allheaders.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engines/ocr/pix.h"
#include "engines/ocr/tiff_tags.h"

namespace shoal::ocr_engine {
namespace {

constexpr int kMostFrames = 10'000;
constexpr double kLeastDpi = 100, kMostDpi = 2400;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using MemoryFile = std::unique_ptr<std::FILE, FileCloser>;

struct Header {
  int width = 0, height = 0, bits = 0;
  double x_dpi = 0, y_dpi = 0;  // 0: not said
};

l_uint8 const* data_of(value::Blob const& document) {
  return reinterpret_cast<l_uint8 const*>(document.bytes().data());
}

int format_of(std::string_view bytes) {
  // The library looks at the first twelve bytes without asking for their number.
  l_uint8 start[12] = {};
  if (bytes.size() < sizeof start) return IFF_UNKNOWN;
  std::memcpy(start, bytes.data(), sizeof start);
  int format = IFF_UNKNOWN;
  return findFileFormatBuffer(start, &format) == 0 ? format : IFF_UNKNOWN;
}

bool is_tiff(int format) {
  return format == IFF_TIFF || (format >= IFF_TIFF_PACKBITS && format <= IFF_TIFF_ZIP) ||
         format == IFF_TIFF_JPEG;
}

MemoryFile open_in_memory(std::string_view bytes) {
  return MemoryFile(fmemopen(const_cast<char*>(bytes.data()), bytes.size(), "rb"));
}

// In dots per inch; only TIFF, PNG and JPEG say it here.
void read_resolution(std::string_view bytes, int format, Header& header) {
  auto file = open_in_memory(bytes);
  if (!file) return;
  int x = 0, y = 0;
  bool said = is_tiff(format)           ? getTiffResolution(file.get(), &x, &y) == 0
              : format == IFF_PNG       ? fgetPngResolution(file.get(), &x, &y) == 0
              : format == IFF_JFIF_JPEG ? fgetJpegResolution(file.get(), &x, &y) == 0
                                        : false;
  if (!said) return;
  header.x_dpi = x;
  header.y_dpi = y > 0 ? y : x;
}

std::optional<Header> read_header(std::string_view bytes, int format) {
  Header header;
  auto data = reinterpret_cast<l_uint8 const*>(bytes.data());
  int samples = 0, has_colormap = 0, found = 0;
  if (pixReadHeaderMem(data, bytes.size(), &found, &header.width, &header.height, &header.bits, &samples,
                       &has_colormap)) {
    return std::nullopt;
  }
  header.bits *= std::max(1, samples);
  read_resolution(bytes, format, header);
  return header;
}

// `first` lends what the library says of the first frame only: how much the two resolutions differ.
std::optional<Header> read_tiff_header(std::string_view bytes, int index, Header const& first) {
  Header header;
  auto data = reinterpret_cast<l_uint8 const*>(bytes.data());
  int samples = 0, has_colormap = 0, format = 0, dpi = 0;
  if (readHeaderMemTiff(data, bytes.size(), index, &header.width, &header.height, &header.bits, &samples,
                        &dpi, &has_colormap, &format)) {
    return std::nullopt;
  }
  header.bits *= std::max(1, samples);
  if (!says_resolution(bytes, static_cast<std::size_t>(index))) return header;
  header.x_dpi = dpi;
  header.y_dpi = first.x_dpi > 0 ? dpi * first.y_dpi / first.x_dpi : dpi;
  return header;
}

bool is_sane(double dpi) { return dpi >= kLeastDpi && dpi <= kMostDpi; }

// A usual resolution at which the pixels are a usual sheet of paper, to one in a hundred; of several the one
// nearest to `dpi`. 0: none.
double paper_resolution(Header const& header, double dpi) {
  constexpr double kPapers[][2] = {{8.27, 11.69}, {8.5, 11}, {5.83, 8.27}, {11.69, 16.54}, {8.5, 14}};
  double const across = std::min(header.width, header.height), down = std::max(header.width, header.height);
  auto const is = [](double a, double b) { return std::abs(a - b) <= 0.01 * b; };
  double best = 0;
  for (double const usual : {100.0, 150.0, 200.0, 240.0, 300.0, 400.0, 600.0}) {
    for (auto const& paper : kPapers) {
      bool const fits = is(across, paper[0] * usual) && is(down, paper[1] * usual);
      if (fits && (best == 0 || std::abs(usual - dpi) < std::abs(best - dpi))) best = usual;
    }
  }
  return best;
}

// Of an image that does not say its resolution: that of a whole sheet of paper, else `dpi`, else, where the
// page would be longer than A3, what makes it as long as a letter.
double guessed_resolution(Header const& header, double dpi) {
  constexpr double kLongestPage = 17, kLetter = 11;
  if (double const usual = paper_resolution(header, dpi); usual > 0) return usual;
  double const down = std::max(header.width, header.height);
  return down <= kLongestPage * dpi ? dpi : down / kLetter;
}

value::Sheet sheet_of(value::BlobPtr const& document, std::int64_t number, Header header, std::int64_t dpi) {
  // A fax has about 204 × 98, so one of the two may be below what a scanner has.
  constexpr double kMostUneven = 4;
  double const most = std::max(header.x_dpi, header.y_dpi);
  if (!is_sane(most)) {
    header.x_dpi = header.y_dpi = guessed_resolution(header, static_cast<double>(dpi));
  } else if (std::min(header.x_dpi, header.y_dpi) * kMostUneven < most) {
    header.x_dpi = header.y_dpi = most;
  }
  value::Sheet sheet{.document = document, .number = number};
  sheet.dpi = std::llround(std::max(header.x_dpi, header.y_dpi));
  sheet.width = header.width * 72.0 / header.x_dpi;
  sheet.height = header.height * 72.0 / header.y_dpi;
  return sheet;
}

Error damaged(value::Blob const& document) {
  if (has_wide_samples(document.bytes())) {
    return Error(Code::unsupported, name_of(document) +
                                        " has pixels of more than 16 bits a sample or of floating "
                                        "point; save it as gray or colour with 8 bits a sample");
  }
  return Error(
      Code::invalid_argument,
      name_of(document) + " is damaged or truncated: the image cannot be read; scan or copy it again");
}

// A file that ends too early gives none: nothing is filled with gray.
PixPtr read_pixels(value::Blob const& document, int format, std::int64_t number) {
  if (is_tiff(format))
    return PixPtr(pixReadMemTiff(data_of(document), document.size(), static_cast<l_int32>(number - 1)));
  if (format == IFF_JFIF_JPEG) {
    // Without colour from the start it takes a quarter of the memory. CMYK has no such way.
    constexpr int kHint = L_JPEG_READ_LUMINANCE;
    if (auto* gray = pixReadMemJpeg(data_of(document), document.size(), 0, 1, nullptr, kHint))
      return PixPtr(gray);
  }
  return PixPtr(pixReadMem(data_of(document), document.size()));
}

PixPtr to_gray(PixPtr pix) {
  if (pixGetDepth(pix.get()) == 32 && pixGetSpp(pix.get()) == 4) pix.reset(pixRemoveAlpha(pix.get()));
  return pix ? PixPtr(pixConvertTo8(pix.get(), 0)) : nullptr;
}

// Upright. TIFFs are so already.
PixPtr set_upright(PixPtr pix, int format, int orientation) {
  int const turns = orientation == 3 ? 2 : orientation == 6 ? 1 : orientation == 8 ? 3 : 0;
  if (!pix || is_tiff(format) || turns == 0) return pix;
  return PixPtr(pixRotateOrth(pix.get(), turns));
}

// What is upright has the sides of the stored image the other way round.
bool swaps_sides(int orientation) { return orientation >= 5; }

// To square pixels, and to no more of them than can be recognised.
PixPtr fit(PixPtr pix, value::Sheet const& sheet, int orientation) {
  double dpi = static_cast<double>(sheet.dpi);
  double width = sheet.width * dpi / 72, height = sheet.height * dpi / 72;
  if (swaps_sides(orientation)) std::swap(width, height);
  double scale = std::min(
      {1.0, std::sqrt(kMaxRasterPixels / (width * height)), kMaxRasterSide / width, kMaxRasterSide / height});
  int to_width = std::max(1, static_cast<int>(std::lround(width * scale)));
  int to_height = std::max(1, static_cast<int>(std::lround(height * scale)));
  if (to_width == pixGetWidth(pix.get()) && to_height == pixGetHeight(pix.get())) return pix;
  return PixPtr(pixScaleToSize(pix.get(), to_width, to_height));
}

Raster raster_of(PIX* pix, value::Sheet const& sheet, int orientation) {
  Raster raster;
  raster.width = pixGetWidth(pix);
  raster.height = pixGetHeight(pix);
  double width = sheet.width, height = sheet.height;
  if (swaps_sides(orientation)) std::swap(width, height);
  raster.to_points = undo_orientation(orientation, sheet.width, sheet.height)
                         .after({.a = width / raster.width, .d = height / raster.height});
  raster.dpi = raster.width * 72 / width;
  raster.gray = pixels_of(*pix);
  return raster;
}

}  // namespace

bool is_image(std::string_view bytes) {
  int format = format_of(bytes);
  return is_tiff(format) || format == IFF_PNG || format == IFF_JFIF_JPEG || format == IFF_BMP ||
         format == IFF_WEBP || format == IFF_JP2;
}

Result<void> image_sheets(value::BlobPtr const& document, std::int64_t dpi, Stop const& stop,
                          GiveSheet const& give) {
  auto bytes = document->bytes();
  int format = format_of(bytes);
  auto first = read_header(bytes, format);
  if (!first) return damaged(*document);
  if (!is_tiff(format)) return give(sheet_of(document, 1, *first, dpi), 1), Result<void>();
  int index = 0;
  for (; index < kMostFrames; ++index) {
    if (stop()) return Error(Code::cancelled, "cancelled while listing pages");
    auto header = read_tiff_header(bytes, index, *first);
    if (!header) break;
    give(sheet_of(document, index + 1, *header, dpi), 0);
  }
  if (index == 0) return damaged(*document);
  return {};
}

Result<Raster> decode_image(value::Sheet const& sheet) {
  auto const& document = *sheet.document;
  int format = format_of(document.bytes());
  auto header = is_tiff(format) ? read_tiff_header(document.bytes(), static_cast<int>(sheet.number - 1), {})
                                : read_header(document.bytes(), format);
  if (!header || header->width <= 0 || header->height <= 0) return damaged(document);
  double pixels = static_cast<double>(header->width) * header->height;
  if (pixels > (header->bits == 1 ? kMaxBilevelPixels : kMaxImagePixels)) {
    return too_many_pixels(document, sheet.number, header->width, header->height);
  }
  int const orientation = orientation_of(document.bytes(), static_cast<std::size_t>(sheet.number - 1));
  auto pix = read_pixels(document, format, sheet.number);
  if (pix) pix = set_upright(to_gray(std::move(pix)), format, orientation);
  if (pix) pix = fit(std::move(pix), sheet, orientation);
  if (!pix) return damaged(document);
  return raster_of(pix.get(), sheet, orientation);
}

void silence_image_library() { setMsgSeverity(L_SEVERITY_NONE); }

}  // namespace shoal::ocr_engine
