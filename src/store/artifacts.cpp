#include "store/artifacts.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/text.h"
#include "os/process.h"

namespace shoal::store {
namespace {

namespace fs = std::filesystem;

// A half-written file that is older has no writer any more.
constexpr auto kAbandoned = std::chrono::hours(1);
constexpr std::int64_t kCountAgainAfterSeconds = 24 * 3600;
constexpr std::uint64_t kMaxAccountBytes = 1u << 20;
constexpr std::size_t kPieceBytes = 64u << 10;

std::int64_t seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::int64_t number_in(std::string_view text) {
  std::int64_t number = -1;
  auto const parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() ? number : -1;
}

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
    if (!it->is_regular_file(gone) || it.depth() == 0) continue;  // above lies the account
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

ArtifactStore::~ArtifactStore() {
  auto const ignored = note_added();  // the next count finds it
  (void)ignored;
}

Result<void> ArtifactStore::note_added() {
  auto const added = added_.exchange(0);
  // Without an account the next prune() counts all.
  std::error_code failure;
  if (added == 0 || !fs::exists(account(), failure)) return {};
  return TRY(os::AppendFile::open(account())).append("added " + std::to_string(added) + "\n");
}

std::optional<std::uint64_t> ArtifactStore::bytes_counted() const {
  auto const text = os::read_file(account(), kMaxAccountBytes);
  if (!text) return std::nullopt;
  auto const lines = split(trim(*text), '\n');
  auto const first = split(lines.front(), ' ');
  if (first.size() != 3 || first[0] != "counted" || number_in(first[2]) < 0) return std::nullopt;
  auto const age = seconds_now() - number_in(first[1]);
  if (number_in(first[1]) < 0 || age < 0 || age > kCountAgainAfterSeconds) return std::nullopt;
  auto total = static_cast<std::uint64_t>(number_in(first[2]));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    auto const added = lines[i].starts_with("added ") ? number_in(lines[i].substr(6)) : -1;
    if (added < 0) return std::nullopt;
    total += static_cast<std::uint64_t>(added);
  }
  return total;
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
  added_ += bytes.size();
  return file;
}

Result<std::unique_ptr<GrowingArtifact>> ArtifactStore::begin() {
  TRY(os::make_folders(folder_ + "/growing"));
  auto path = folder_ + "/growing/" + std::to_string(os::own_process_id()) + "-" + std::to_string(++begun_);
  std::error_code none;
  fs::remove(path, none);  // of a killed process that had this number
  auto file = TRY(os::AppendFile::open(path));
  return std::unique_ptr<GrowingArtifact>(new GrowingArtifact(*this, std::move(path), std::move(file)));
}

GrowingArtifact::~GrowingArtifact() {
  std::error_code gone;
  fs::remove(path_, gone);
}

Result<void> GrowingArtifact::append(std::string_view bytes) {
  hash_.update(bytes);
  size_ += bytes.size();
  unwritten_ += bytes;
  return unwritten_.size() < kPieceBytes ? Result<void>() : write();
}

Result<void> GrowingArtifact::write() {
  return file_.append(std::exchange(unwritten_, {})).within("keeping an artifact");
}

Result<Sha256> GrowingArtifact::keep() {
  TRY(write());
  auto const hash = hash_.finish();
  auto const file = store_.path(hash);
  std::error_code failure;
  fs::create_directory(fs::path(file).parent_path(), failure);
  TRY(os::rename_durably(path_, file).within("keeping an artifact"));
  store_.added_ += size_;
  return hash;
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

ArtifactStore::Contents ArtifactStore::contents() const {
  Contents contents;
  for (auto const& kept : list(folder_)) {
    contents.artifacts += kept.hash.has_value();
    contents.bytes += kept.bytes;
  }
  return contents;
}

Result<ArtifactStore::Check> ArtifactStore::verify(std::function<void(std::uint64_t)> const& on_bytes,
                                                   std::stop_token const& stop) {
  Check check;
  for (auto const& kept : list(folder_)) {
    if (!kept.hash) continue;
    auto const file = os::open_for_reading(kept.path.string());
    if (!file && file.error().code() == Code::not_found) continue;  // pruned meanwhile
    if (!file) return file.error();
    auto const [digest, bytes] =
        TRY(os::hash_file(*file, UINT64_MAX, [&](std::uint64_t done) -> Result<void> {
              if (stop.stop_requested()) return Error(Code::cancelled, "cancelled");
              on_bytes(check.bytes + done);
              return {};
            }).within(kept.path.string()));
    check.artifacts += 1;
    check.bytes += bytes;
    if (digest == *kept.hash) continue;
    check.damaged.push_back(*kept.hash);
    std::error_code failure;
    fs::remove(kept.path, failure);
    if (failure) return Error(Code::unavailable, "removing " + kept.path.string() + ": " + failure.message());
  }
  return check;
}

Result<std::uint64_t> ArtifactStore::prune(std::uint64_t max_bytes, std::set<Sha256> const& keep) {
  TRY(note_added());
  if (bytes_counted().value_or(UINT64_MAX) <= max_bytes) return 0;
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
  TRY(os::write_file_atomically(
      account(), "counted " + std::to_string(seconds_now()) + " " + std::to_string(total) + "\n"));
  return freed;
}

}  // namespace shoal::store
