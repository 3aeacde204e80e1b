#include "runtime/files.h"

#include <memory>

#include "os/file.h"

namespace shoal::runtime {
namespace {

constexpr std::size_t kMagicBytes = 4096;

}  // namespace

Result<value::BlobPtr> open_file(std::string const& path) {
  auto file = std::make_shared<os::MappedFile>(TRY(os::MappedFile::open(path)));
  auto const bytes = file->bytes();
  value::Blob::Facts facts;
  facts.name = path;
  facts.media_type = value::guess_media_type(bytes.substr(0, kMagicBytes), path);
  facts.descriptor = file->descriptor().get();
  facts.hash = sha256(bytes);
  return value::Blob::view(bytes, std::move(file), std::move(facts));
}

value::BlobReader read_files() {
  return [](std::string_view kind, Json const& object) -> Result<value::BlobPtr> {
    if (kind == "$file") return open_file(object["$file"].as_string());
    return Error(Code::unsupported,
                 "`" + std::string(kind) + "` is not understood here; give a file as {\"$file\": \"path\"}");
  };
}

}  // namespace shoal::runtime
