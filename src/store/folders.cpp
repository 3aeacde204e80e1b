#include "store/folders.h"

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "os/file.h"

namespace shoal::store {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxManifestBytes = 1u << 20;

Error not_as_pulled(std::string const& what, CatalogEntry const& entry) {
  return Error(Code::unavailable, what + " is not the file that was pulled any more: `shoal pull " +
                                      entry.full_name() + "` mends it");
}

}  // namespace

std::vector<std::string> folders_in(std::string const& folder) {
  std::vector<std::string> names;
  std::error_code failure;
  for (fs::directory_iterator it(folder, failure), end; !failure && it != end; it.increment(failure)) {
    std::error_code gone;
    std::string name = it->path().filename().string();
    if (it->is_directory(gone) && !name.starts_with('.')) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> remove_folder(std::string const& folder) {
  std::error_code failure;
  fs::remove_all(folder, failure);
  if (failure) return Error(Code::unavailable, "removing " + folder + ": " + failure.message());
  return {};
}

void remove_if_empty(std::string const& folder) {
  constexpr int kMost = 3;  // .incoming/NAME/TAG
  fs::path path = folder;
  std::error_code failure;
  for (int removed = 0; removed < kMost && fs::remove(path, failure); ++removed) path = path.parent_path();
}

std::uint64_t own_bytes(std::string const& folder) {
  std::uint64_t total = 0;
  std::error_code failure;
  for (fs::recursive_directory_iterator it(folder, failure), end; !failure && it != end;
       it.increment(failure)) {
    std::error_code gone;
    if (it->is_symlink(gone) || !it->is_regular_file(gone) || it->hard_link_count(gone) > 1) continue;
    auto const size = it->file_size(gone);
    if (!gone) total += size;
  }
  return total;
}

std::string damage_file(std::string const& folder) { return folder + "/.damaged"; }

Result<CatalogEntry> read_manifest(std::string const& folder) {
  auto const text = TRY(os::read_file(folder + "/manifest.json", kMaxManifestBytes));
  return parse_catalog_entry(text, folder + "/manifest.json");
}

Result<Model> read_installed(std::string const& folder) {
  auto entry = TRY(read_manifest(folder));
  std::error_code failure;
  if (fs::exists(damage_file(folder), failure)) return not_as_pulled("a file in " + folder, entry);
  for (auto const& file : entry.files) {
    auto const size = fs::file_size(folder + "/" + file.file, failure);
    if (failure || size != file.size) return not_as_pulled(folder + "/" + file.file, entry);
  }
  return Model{std::move(entry), folder};
}

}  // namespace shoal::store
