#include "store/artifacts.h"

#include <algorithm>
#include <filesystem>
#include <vector>

namespace shoal::store {
namespace {

namespace fs = std::filesystem;

// A half-written file that is older has no writer any more.
constexpr auto kAbandoned = std::chrono::hours(1);

struct Kept {
  fs::path path;
  std::optional<Sha256> hash;  // none: not an artifact's name
  std::uint64_t bytes = 0;
  fs::file_time_type used;
};

std::vector<Kept> list(std::string const& folder) {
  std::vector<Kept> all;
  std::error_code ignored;  // other processes add and remove meanwhile
  for (fs::recursive_directory_iterator it(folder, ignored), end; !ignored && it != end;
       it.increment(ignored)) {
    std::error_code gone;
    Kept kept{.path = it->path()};
    if (!it->is_regular_file(gone)) continue;
    kept.bytes = it->file_size(gone);
    kept.used = it->last_write_time(gone);
    if (gone) continue;
    auto hash = Sha256::from_hex(kept.path.parent_path().filename().string() + kept.path.filename().string());
    if (hash) kept.hash = *hash;
    all.push_back(std::move(kept));
  }
  return all;
}

}  // namespace

Result<std::unique_ptr<ArtifactStore>> ArtifactStore::open(std::string folder) {
  TRY(os::make_folders(folder));
  return std::unique_ptr<ArtifactStore>(new ArtifactStore(std::move(folder)));
}

std::string ArtifactStore::path(Sha256 const& hash) const {
  std::string const hex = hash.hex();
  return folder_ + "/" + hex.substr(0, 2) + "/" + hex.substr(2);
}

bool ArtifactStore::contains(Sha256 const& hash) const {
  std::error_code failure;
  return fs::is_regular_file(path(hash), failure);
}

Result<std::string> ArtifactStore::put(std::string_view bytes, Sha256 const& hash) {
  std::string const file = path(hash);
  std::error_code failure;
  // A new use of old bytes: not to be the next that is pruned.
  fs::last_write_time(file, fs::file_time_type::clock::now(), failure);
  if (!failure) return file;
  fs::create_directory(fs::path(file).parent_path(), failure);
  TRY(os::write_file_atomically(file, bytes).within("keeping an artifact"));
  return file;
}

Result<os::MappedFile> ArtifactStore::get(Sha256 const& hash) const {
  std::string const file = path(hash);
  auto mapped = os::MappedFile::open(file);
  if (!mapped && mapped.error().code() == Code::not_found) {
    return Error(Code::not_found, "the artifact " + hash.hex() + " is not kept (any more)");
  }
  std::error_code ignored;  // only the order of pruning depends on it
  if (mapped) fs::last_write_time(file, fs::file_time_type::clock::now(), ignored);
  return mapped;
}

std::uint64_t ArtifactStore::total_bytes() const {
  std::uint64_t total = 0;
  for (auto const& kept : list(folder_)) total += kept.bytes;
  return total;
}

Result<std::uint64_t> ArtifactStore::prune(std::uint64_t max_bytes, std::set<Sha256> const& keep) {
  auto all = list(folder_);
  std::uint64_t total = 0;
  for (auto const& kept : all) total += kept.bytes;
  std::sort(all.begin(), all.end(), [](Kept const& a, Kept const& b) { return a.used < b.used; });
  auto const abandoned_before = fs::file_time_type::clock::now() - kAbandoned;
  std::uint64_t freed = 0;
  for (auto const& kept : all) {
    bool remove = kept.hash ? total > max_bytes && !keep.contains(*kept.hash) : kept.used < abandoned_before;
    if (!remove) continue;
    std::error_code failure;
    fs::remove(kept.path, failure);
    if (failure) return Error(Code::unavailable, "removing " + kept.path.string() + ": " + failure.message());
    total -= kept.bytes;
    freed += kept.bytes;
  }
  return freed;
}

}  // namespace shoal::store
