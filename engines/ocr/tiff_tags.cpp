#include "engines/ocr/tiff_tags.h"

#include <cstdint>
#include <string>

namespace shoal::ocr_engine {
namespace {

constexpr int kUpright = 1;

bool is_tiff(std::string_view bytes) { return bytes.starts_with("II") || bytes.starts_with("MM"); }

// The numbers of a TIFF file or of Exif data, 0 behind the end.
class TiffReader {
 public:
  explicit TiffReader(std::string_view bytes) : bytes_(bytes), little_(bytes.starts_with("II")) {}

  std::uint32_t number(std::size_t at, std::size_t length) const {
    std::uint32_t value = 0;
    if (at > bytes_.size() || bytes_.size() - at < length) return 0;
    for (std::size_t i = 0; i < length; ++i) {
      auto const byte = static_cast<unsigned char>(bytes_[at + (little_ ? length - 1 - i : i)]);
      value = value << 8 | byte;
    }
    return value;
  }

  // Where the directory of a frame begins: the number of its entries, those, and where the next one begins.
  // 0: there is none.
  std::size_t directory_of(std::size_t frame) const {
    std::size_t directory = number(4, 4);
    for (; frame > 0 && directory != 0; --frame)
      directory = number(directory + 2 + kEntry * number(directory, 2), 4);
    return directory;
  }

  // Where the entry of a tag begins, 0: there is none.
  std::size_t entry_of(std::size_t directory, std::uint32_t tag) const {
    auto const entries = directory == 0 ? 0 : number(directory, 2);
    for (std::uint32_t i = 0; i < entries; ++i) {
      auto const at = directory + 2 + kEntry * i;
      if (number(at, 2) == tag) return at;
    }
    return 0;
  }

  // The first value of a tag of 16-bit numbers; more than two are somewhere else.
  std::uint32_t value_of(std::size_t directory, std::uint32_t tag, std::uint32_t fallback) const {
    auto const at = entry_of(directory, tag);
    if (at == 0) return fallback;
    return number(number(at + 4, 4) <= 2 ? at + 8 : number(at + 8, 4), 2);
  }

 private:
  static constexpr std::size_t kEntry = 12;
  std::string_view bytes_;
  bool little_;
};

// The Exif data among the segments before a JPEG's pixels.
std::string_view exif_of(std::string_view jpeg) {
  auto const byte = [&](std::size_t at) -> std::size_t { return static_cast<unsigned char>(jpeg[at]); };
  for (std::size_t at = 2; at + 4 <= jpeg.size() && byte(at) == 0xFF && byte(at + 1) != 0xDA;) {
    auto const length = byte(at + 2) << 8 | byte(at + 3);
    auto const segment = jpeg.substr(at + 4, length < 2 ? 0 : length - 2);
    static std::string const kMark("Exif\0\0", 6);
    if (byte(at + 1) == 0xE1 && segment.starts_with(kMark)) return segment.substr(kMark.size());
    at += 2 + length;
  }
  return {};
}

}  // namespace

int orientation_of(std::string_view bytes, std::size_t frame) {
  constexpr std::uint32_t kOrientation = 274;
  bool const is_jpeg = bytes.starts_with("\xFF\xD8");
  TiffReader const tags(is_jpeg ? exif_of(bytes) : bytes);
  if (!is_jpeg && !is_tiff(bytes)) return kUpright;
  auto const value = tags.value_of(tags.directory_of(is_jpeg ? 0 : frame), kOrientation, kUpright);
  return value >= 1 && value <= 8 ? static_cast<int>(value) : kUpright;
}

bool says_resolution(std::string_view tiff, std::size_t frame) {
  constexpr std::uint32_t kAcross = 282;
  TiffReader const tags(tiff);
  return tags.entry_of(tags.directory_of(frame), kAcross) != 0;
}

bool has_wide_samples(std::string_view tiff) {
  constexpr std::uint32_t kBits = 258, kFormat = 339, kMostBits = 16, kUnsigned = 1;
  if (!is_tiff(tiff)) return false;
  TiffReader const tags(tiff);
  auto const directory = tags.directory_of(0);
  return tags.value_of(directory, kBits, 1) > kMostBits ||
         tags.value_of(directory, kFormat, kUnsigned) != kUnsigned;
}

Transform undo_orientation(int orientation, double width, double height) {
  switch (orientation) {
    case 2: return {.a = -1, .e = width};
    case 3: return undo_turns(2, width, height);
    case 4: return {.d = -1, .f = height};
    case 5: return {.a = 0, .b = 1, .c = 1, .d = 0};
    case 6: return undo_turns(1, width, height);
    case 7: return {.a = 0, .b = -1, .c = -1, .d = 0, .e = width, .f = height};
    case 8: return undo_turns(3, width, height);
    default: return {};
  }
}

}  // namespace shoal::ocr_engine
