#include "value/blob.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace shoal::value {
namespace {

struct Magic {
  std::size_t offset;
  std::string_view bytes;
  std::string_view media_type;
};

using namespace std::string_view_literals;

// First match wins. RIFF and ISO base media files are told apart by their second tag.
constexpr std::array kMagics = {
    Magic{0, "\x89PNG\r\n\x1a\n"sv, "image/png"},
    Magic{0, "\xff\xd8\xff"sv, "image/jpeg"},
    Magic{0, "II*\0"sv, "image/tiff"},
    Magic{0, "MM\0*"sv, "image/tiff"},
    Magic{0, "II+\0"sv, "image/tiff"},
    Magic{0, "MM\0+"sv, "image/tiff"},
    Magic{0, "GIF87a"sv, "image/gif"},
    Magic{0, "GIF89a"sv, "image/gif"},
    Magic{0, "\0\0\0\x0cjP  \r\n\x87\n"sv, "image/jp2"},
    Magic{0, "AT&TFORM"sv, "image/vnd.djvu"},
    Magic{8, "WEBP"sv, "image/webp"},
    Magic{8, "WAVE"sv, "audio/wav"},
    Magic{8, "AVI "sv, "video/x-msvideo"},
    Magic{0, "fLaC"sv, "audio/flac"},
    Magic{0, "OggS"sv, "audio/ogg"},
    Magic{0, "ID3"sv, "audio/mpeg"},
    Magic{0, "\xff\xfb"sv, "audio/mpeg"},
    Magic{4, "ftypM4A"sv, "audio/mp4"},
    Magic{4, "ftypqt"sv, "video/quicktime"},
    Magic{4, "ftypavif"sv, "image/avif"},
    Magic{4, "ftypheic"sv, "image/heic"},
    Magic{4, "ftyp"sv, "video/mp4"},
    Magic{0, "\x1a\x45\xdf\xa3"sv, "video/x-matroska"},
    Magic{0, "GGUF"sv, "application/x-gguf"},
    Magic{0, "\x1f\x8b"sv, "application/gzip"},
};

struct Ending {
  std::string_view ending;
  std::string_view media_type;
};

constexpr std::array kEndings = {
    Ending{".pdf", "application/pdf"},
    Ending{".png", "image/png"},
    Ending{".jpg", "image/jpeg"},
    Ending{".jpeg", "image/jpeg"},
    Ending{".tif", "image/tiff"},
    Ending{".tiff", "image/tiff"},
    Ending{".webp", "image/webp"},
    Ending{".bmp", "image/bmp"},
    Ending{".gif", "image/gif"},
    Ending{".txt", "text/plain"},
    Ending{".text", "text/plain"},
    Ending{".md", "text/markdown"},
    Ending{".markdown", "text/markdown"},
    Ending{".csv", "text/csv"},
    Ending{".html", "text/html"},
    Ending{".htm", "text/html"},
    Ending{".xml", "application/xml"},
    Ending{".json", "application/json"},
    Ending{".jsonl", "application/jsonl"},
    Ending{".ndjson", "application/jsonl"},
    Ending{".yaml", "application/yaml"},
    Ending{".yml", "application/yaml"},
    Ending{".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    Ending{".odt", "application/vnd.oasis.opendocument.text"},
    Ending{".epub", "application/epub+zip"},
    Ending{".zip", "application/zip"},
    Ending{".wav", "audio/wav"},
    Ending{".mp3", "audio/mpeg"},
    Ending{".mp4", "video/mp4"},
    Ending{".mkv", "video/x-matroska"},
    Ending{".webm", "video/webm"},
};

// Readers find the header of a PDF anywhere in its first 1,024 bytes (ISO 32000-1, annex H).
constexpr std::size_t kPdfHeaderWithin = 1024;
// Enough to tell text from other bytes.
constexpr std::size_t kTextSample = 64 * 1024;

bool looks_like_text(std::string_view bytes) {
  auto sample = bytes.substr(0, kTextSample);
  if (sample.empty() || sample.find('\0') != std::string_view::npos) return false;
  auto invalid = find_invalid_utf8(sample);
  // The sample may end inside a character.
  return !invalid || (sample.size() < bytes.size() && *invalid + 4 > sample.size());
}

}  // namespace

Blob::Blob(std::string_view bytes, std::shared_ptr<void const> owner, Facts facts)
    : owner_(std::move(owner)), size_(bytes.size()), bytes_(bytes), facts_(std::move(facts)) {}

BlobPtr Blob::own(std::string bytes, Facts facts) {
  auto owner = std::make_shared<std::string const>(std::move(bytes));
  std::string_view view = *owner;
  return std::make_shared<Blob const>(view, std::move(owner), std::move(facts));
}

BlobPtr Blob::view(std::string_view bytes, std::shared_ptr<void const> owner, Facts facts) {
  return std::make_shared<Blob const>(bytes, std::move(owner), std::move(facts));
}

BlobPtr Blob::later(std::size_t size, std::function<std::string()> read, Facts facts) {
  auto blob = std::make_shared<Blob>(std::string_view(), nullptr, std::move(facts));
  blob->size_ = size;
  blob->read_ = std::move(read);
  return blob;
}

std::string_view Blob::bytes() const {
  std::call_once(loaded_, [this] {
    if (!read_) return;
    own_ = read_();
    bytes_ = own_;
  });
  return bytes_;
}

Sha256 const& Blob::hash() const {
  std::call_once(hashed_, [this] { hash_ = facts_.hash ? *facts_.hash : sha256(bytes()); });
  return hash_;
}

std::string guess_media_type(std::string_view bytes, std::string_view name) {
  if (bytes.substr(0, kPdfHeaderWithin).find("%PDF-") != std::string_view::npos) return "application/pdf";
  for (auto const& magic : kMagics) {
    if (bytes.size() >= magic.offset && bytes.substr(magic.offset).starts_with(magic.bytes)) {
      return std::string(magic.media_type);
    }
  }
  auto lower = to_lower_ascii(name);
  for (auto const& [ending, media_type] : kEndings) {
    if (lower.ends_with(ending)) return std::string(media_type);
  }
  if (bytes.starts_with("PK\x03\x04")) return "application/zip";
  return looks_like_text(bytes) ? "text/plain" : "application/octet-stream";
}

}  // namespace shoal::value
