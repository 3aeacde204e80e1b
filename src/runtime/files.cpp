#include "runtime/files.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/text.h"
#include "os/file.h"
#include "os/lock.h"
#include "os/waiting_input.h"

namespace shoal::runtime {
namespace {

constexpr std::size_t kMagicBytes = 4096;
// Files up to this size are read at once; the rest of the program has their bytes of that moment.
constexpr std::size_t kReadAtOnce = 1u << 20;
// Files in /proc do not say their size; this is what is read of them.
constexpr std::size_t kMostOfUnknownSize = 64u << 20;
constexpr std::size_t kPiece = 1u << 20;

// A file that others may write, held open.
struct HeldFile {
  os::Descriptor file;
  os::FileIdentity identity;
  std::string path;

  // All that is there up to `most` bytes.
  Result<std::string> read(std::size_t most) const {
    std::string bytes;
    while (bytes.size() < most) {
      auto const before = bytes.size();
      bytes.resize(std::min(before + kPiece, most));
      auto const got = TRY(os::read_at(file, before, {bytes.data() + before, bytes.size() - before}));
      bytes.resize(before + got);
      if (got == 0) break;
    }
    return bytes;
  }
  Result<Sha256> hash(std::stop_token const& stop) const {
    auto const hashed = TRY(os::hash_file(file, identity.size, [&](std::uint64_t) -> Result<void> {
      return stop.stop_requested() ? Error(Code::cancelled, "cancelled") : Result<void>();
    }));
    if (hashed.bytes < identity.size) return changed();
    return hashed.sha256;
  }
  Result<void> still() const {
    if (TRY(os::identify(file)) == identity) return {};
    return changed();
  }
  Error changed() const {
    return Error(Code::unavailable, path + " was changed while it was read; run it again when it is whole");
  }
};

// Nothing where the path is that of no regular file, or only in this process, as /dev/fd/9 is.
std::string canonical_path(std::string const& path) {
  std::error_code failed;
  auto const canonical = std::filesystem::canonical(path, failed);
  return !failed && std::filesystem::is_regular_file(canonical, failed) ? canonical.string() : "";
}

value::Blob::Facts facts_of(std::string_view beginning, std::string const& path, std::string const& name) {
  value::Blob::Facts facts;
  facts.name = name;
  facts.path = canonical_path(path);
  facts.media_type = value::guess_media_type(beginning, name);
  return facts;
}

// Whether a file that begins so is text: UTF-8 without the control characters that formats are marked by.
bool is_text(std::string_view beginning) {
  constexpr std::size_t kMostBytesOfACharacter = 4;
  constexpr std::string_view kOfTexts = "\b\t\n\v\f\r\x1a\x1b";
  auto const invalid = find_invalid_utf8(beginning);
  bool const is_cut = beginning.size() == kMagicBytes;
  if (invalid && !(is_cut && *invalid + kMostBytesOfACharacter > beginning.size())) return false;
  return std::none_of(beginning.begin(), beginning.end(), [&](unsigned char c) {
    return c < 0x20 && kOfTexts.find(static_cast<char>(c)) == std::string_view::npos;
  });
}

}  // namespace

Result<value::BlobPtr> open_file(std::string const& path, std::string const& given_name,
                                 std::stop_token const& stop) {
  auto const& name = given_name.empty() ? path : given_name;
  auto const held = std::make_shared<HeldFile>();
  held->file = TRY(os::open_for_reading(path));
  held->identity = TRY(os::identify(held->file));
  held->path = path;
  auto const size = held->identity.size;
  if (size <= kReadAtOnce) {
    auto const most = size == 0 ? kMostOfUnknownSize : kReadAtOnce;
    auto bytes = TRY(held->read(most + 1).within(path));
    if (bytes.size() > most) return held->changed();
    auto facts = facts_of(bytes, path, name);
    return value::Blob::own(std::move(bytes), std::move(facts));
  }
  auto facts = facts_of(TRY(held->read(kMagicBytes).within(path)), path, name);
  facts.descriptor = held->file.get();
  facts.hash = TRY(held->hash(stop).within(path));
  facts.still = [held] { return held->still(); };
  TRY(held->still());
  return value::Blob::later(
      size, [held, size] { return held->read(size).value_or(std::string()); }, std::move(facts));
}

Result<std::string> media_type_of_bytes(std::string const& path) {
  HeldFile held;
  held.file = TRY(os::open_for_reading(path));
  auto const bytes = TRY(held.read(kMagicBytes).within(path));
  if (bytes.empty()) return std::string();
  // A text may speak of PDFs, or begin with "ID3".
  if (is_text(bytes) && !trim(bytes).starts_with("%PDF-")) return "text/plain";
  return value::guess_media_type(bytes, {});
}

value::BlobReader read_files() {
  return [](std::string_view kind, Json const& object) -> Result<value::BlobPtr> {
    if (kind == "$file") return open_file(object["$file"].as_string());
    return Error(Code::unsupported,
                 "`" + std::string(kind) + "` is not understood here; give a file as {\"$file\": \"path\"}");
  };
}

Result<std::unique_ptr<std::istream>> open_stream(std::string const& path, std::stop_token stop) {
  return TRY(os::WaitingInput::open(path, std::move(stop)));
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && name.front() != '.' &&
         name.find_first_of(std::string_view("/\\:\0", 4)) == std::string_view::npos;
}

Result<void> require_plain_name(std::string_view what, std::string_view name) {
  if (is_plain_name(name)) return {};
  return Error(Code::invalid_argument,
               "`" + std::string(what) +
                   "` must be a plain name: at most 100 bytes, no dot in front, no slash, no colon; not `" +
                   std::string(name) + "`");
}

Result<std::shared_ptr<void const>> claim_file(std::string const& path) {
  auto outcome = TRY(os::FileLock::try_acquire(path, os::own_command_line()));
  if (auto* lock = std::get_if<os::FileLock>(&outcome))
    return std::make_shared<os::FileLock>(std::move(*lock));
  return Error(Code::busy, std::get<os::FileLock::Holder>(outcome).describe() + " is at it");
}

}  // namespace shoal::runtime
