#include "store/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <vector>

#include "base/text.h"

namespace shoal::store {
namespace {

constexpr std::size_t kPieceBytes = 256u << 10;

using Reader = std::unique_ptr<::archive, decltype(&archive_read_free)>;

Error damaged(std::string const& name, ::archive* reader) {
  char const* reason = archive_error_string(reader);
  return Error(Code::invalid_argument, name + " cannot be read" +
                                           (reason != nullptr ? ": " + printable(reason) : "") +
                                           "; it may be damaged or cut short");
}

Result<void> read_data(std::string const& name, ::archive* reader,
                       std::function<Result<void>(std::string_view)> const& sink) {
  std::vector<char> piece(kPieceBytes);
  while (true) {
    la_ssize_t size = archive_read_data(reader, piece.data(), piece.size());
    if (size == 0) return {};
    if (size < 0) return damaged(name, reader);
    TRY(sink({piece.data(), static_cast<std::size_t>(size)}));
  }
}

}  // namespace

Result<void> read_member(std::string const& archive, std::string const& member,
                         std::function<Result<void>(std::string_view)> const& sink) {
  Reader reader(archive_read_new(), archive_read_free);
  if (!reader) return Error(Code::out_of_memory, "no memory to read " + archive);
  // Not the formats that a package never has: each is more code for a hostile file to reach.
  archive_read_support_format_zip_seekable(reader.get());
  archive_read_support_format_tar(reader.get());
  archive_read_support_filter_gzip(reader.get());
  if (archive_read_open_filename(reader.get(), archive.c_str(), kPieceBytes) != ARCHIVE_OK) {
    return damaged(archive, reader.get());
  }
  archive_entry* entry = nullptr;
  while (true) {
    int status = archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) break;
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return damaged(archive, reader.get());
    char const* name = archive_entry_pathname(entry);
    if (name == nullptr || member != name || archive_entry_filetype(entry) != AE_IFREG) continue;
    return read_data(archive, reader.get(), sink);
  }
  return Error(Code::not_found, "the package has no file " + member);
}

}  // namespace shoal::store
