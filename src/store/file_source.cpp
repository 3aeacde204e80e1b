// file: sources, which are copied, and import: sources, which are linked.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "store/source_kind.h"

namespace shoal::store {
namespace {

constexpr std::size_t kPieceBytes = 1u << 20;

Result<std::string> path_of(Source const& source) {
  if (!source.address.starts_with("~/")) return source.address;
  char const* home = std::getenv("HOME");
  if (home == nullptr)
    return Error(Code::not_found, "HOME is not set, so " + source.address + " means nothing");
  return home + source.address.substr(1);
}

Result<Sha256> hash_of(std::string const& path, FetchContext const& context) {
  auto const go_on = [&](std::uint64_t) -> Result<void> {
    if (context.stop.stop_requested()) return Error(Code::cancelled, "cancelled");
    return {};
  };
  auto const file = TRY(os::open_for_reading(path));
  return TRY(os::hash_file(file, UINT64_MAX, go_on).within(path)).sha256;
}

class FileKind : public SourceKind {
 public:
  std::string_view scheme() const override { return "file"; }
  std::string_view form() const override { return "file:/ABSOLUTE/PATH"; }
  bool leaves_machine() const override { return false; }

  Result<void> parse(std::string_view rest, Source& source) const override {
    if (!rest.starts_with('/') && !rest.starts_with("~/"))
      return malformed(source,
                       "the form is " + std::string(form()) + " or " + std::string(scheme()) + ":~/PATH");
    source.address = rest;
    return {};
  }

  Result<SourceFacts> ask(Source const& source, FetchContext const& context) const override {
    auto const path = TRY(path_of(source));
    auto const identity = TRY(os::identify(path));
    SourceFacts facts;
    facts.file = file_name_of(path);
    facts.size = identity.size;
    facts.version = std::to_string(identity.device) + " " + std::to_string(identity.inode) + " " +
                    std::to_string(identity.mtime_ns) + " " + std::to_string(identity.size);
    if (context.may_be_known && context.may_be_known(identity.size))
      facts.sha256 = TRY(hash_of(path, context));
    return facts;
  }

  Result<void> fetch(Source const& source, PartFile& file, FetchContext const& context) const override {
    auto const path = TRY(path_of(source));
    TRY(os::open_for_reading(path));  // says well why it cannot be read
    TRY(file.begin_part());
    // Read, not mapped: the file is another's, who may cut it meanwhile.
    std::ifstream stream(path, std::ios::binary);
    std::vector<char> piece(kPieceBytes);
    while (stream) {
      if (context.stop.stop_requested()) return Error(Code::cancelled, "cancelled");
      stream.read(piece.data(), static_cast<std::streamsize>(piece.size()));
      TRY(file.append({piece.data(), static_cast<std::size_t>(stream.gcount())}));
      context.on_bytes(file.position());
    }
    if (!stream.eof()) return Error(Code::unavailable, "reading " + path + " failed");
    return {};
  }
};

class ImportKind : public FileKind {
 public:
  std::string_view scheme() const override { return "import"; }
  std::string_view form() const override { return "import:/ABSOLUTE/PATH"; }

  Result<void> fetch(Source const& source, PartFile& file, FetchContext const& context) const override {
    if (file.position() != 0) return FileKind::fetch(source, file, context);  // a part cannot be a link
    TRY(file.adopt(TRY(path_of(source))));
    while (TRY(file.hash_some(Duration(0)))) {
      if (context.stop.stop_requested()) return Error(Code::cancelled, "cancelled");
      context.on_bytes(file.hashed());
    }
    return {};
  }
};

}  // namespace

SourceKind const& file_source() {
  static FileKind const kKind;
  return kKind;
}

SourceKind const& import_source() {
  static ImportKind const kKind;
  return kKind;
}

}  // namespace shoal::store
