#include "runtime/kept_files.h"

#include <algorithm>
#include <filesystem>

#include "store/folders.h"

namespace shoal::runtime {
namespace {

namespace fs = std::filesystem;

struct File {
  fs::path path;
  std::uint64_t bytes = 0;
  fs::file_time_type written;
};

std::vector<File> list(std::string const& folder) {
  std::vector<File> files;
  std::error_code ignored;  // workers add and remove meanwhile
  for (fs::recursive_directory_iterator it(folder, ignored), end; !ignored && it != end;
       it.increment(ignored)) {
    std::error_code gone;
    if (!it->is_regular_file(gone)) continue;
    File file{it->path(), it->file_size(gone), it->last_write_time(gone)};
    if (!gone) files.push_back(std::move(file));
  }
  return files;
}

}  // namespace

KeptFiles kept_files(std::string const& folder) {
  KeptFiles all;
  for (auto const& file : list(folder)) {
    all.files += 1;
    all.bytes += file.bytes;
  }
  return all;
}

Result<std::uint64_t> prune_kept_files(std::string const& folder, std::uint64_t most_bytes) {
  auto files = list(folder);
  std::sort(files.begin(), files.end(), [](auto const& a, auto const& b) { return a.written < b.written; });
  std::uint64_t left = 0, freed = 0;
  for (auto const& file : files) left += file.bytes;
  for (auto const& file : files) {
    if (left <= most_bytes) break;
    std::error_code failure;
    fs::remove(file.path, failure);
    if (failure) return Error(Code::unavailable, "removing " + file.path.string() + ": " + failure.message());
    left -= file.bytes;
    freed += file.bytes;
  }
  return freed;
}

std::vector<std::string> kept_without_model(std::string const& folder, std::set<std::string> const& models) {
  std::vector<std::string> folders;
  for (auto const& engine : store::folders_in(folder)) {
    for (auto const& model : store::folders_in(folder + "/" + engine)) {
      if (!models.contains(model)) folders.push_back(folder + "/" + engine + "/" + model);
    }
  }
  return folders;
}

}  // namespace shoal::runtime
