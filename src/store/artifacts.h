// Immutable bytes on disk by their content address: artifacts/ab/cdef…, so that equal artifacts are kept
// once. What they mean, and which are still needed, is known by the journal and the cache above. How many
// bytes they have together stands beside them, so that a store within its bound is not walked:
//
//   artifacts/bytes    counted 1795512345 98362432    when all were last looked at (seconds), and what they
//   had
//                      added 4096                     by one process, since then; appended
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sha256.h"
#include "os/file.h"

namespace shoal::store {

// An artifact whose bytes come one after the other; what is not kept in the end is removed. One thread; not
// longer than its store.
class GrowingArtifact {
 public:
  ~GrowingArtifact();
  GrowingArtifact(GrowingArtifact const&) = delete;
  GrowingArtifact& operator=(GrowingArtifact const&) = delete;

  Result<void> append(std::string_view bytes);
  std::uint64_t size() const { return size_; }
  // Once: puts it into the store, under the hash of its bytes.
  Result<Sha256> keep();

 private:
  friend class ArtifactStore;
  GrowingArtifact(class ArtifactStore& store, std::string path, os::AppendFile file)
      : store_(store), path_(std::move(path)), file_(std::move(file)) {}
  Result<void> write();

  ArtifactStore& store_;
  std::string path_;
  os::AppendFile file_;
  Sha256Stream hash_;
  std::string unwritten_;
  std::uint64_t size_ = 0;
};

// Owned by main()'s parts; any thread, and several processes at once: a name appears only with all its bytes.
class ArtifactStore {
 public:
  // Makes the folder where it is missing.
  static Result<std::unique_ptr<ArtifactStore>> open(std::string folder);
  ~ArtifactStore();

  // Keeps `bytes`, whose digest is `hash` (the caller has computed it). Writes nothing where they are
  // already. Gives the path of the file.
  Result<std::string> put(std::string_view bytes, Sha256 const& hash);
  Result<std::string> put(std::string_view bytes) { return put(bytes, sha256(bytes)); }
  Result<std::unique_ptr<GrowingArtifact>> begin();
  // not_found where it was never kept or has been pruned. Counts as a use for prune().
  Result<os::MappedFile> get(Sha256 const& hash) const;
  bool contains(Sha256 const& hash) const;
  std::string path(Sha256 const& hash) const;

  // All artifacts together, by reading the folders.
  std::uint64_t total_bytes() const { return contents().bytes; }
  struct Contents {
    std::uint64_t artifacts = 0, bytes = 0;
  };
  Contents contents() const;
  struct Check {
    std::uint64_t artifacts = 0, bytes = 0;  // that were read
    std::vector<Sha256> damaged;             // and are removed: their bytes are not those of their name
  };
  // Reads all of them. `on_bytes`: how many so far. cancelled: by the stop token.
  Result<Check> verify(std::function<void(std::uint64_t)> const& on_bytes, std::stop_token const& stop);

  // Removes those that were not used for longest, but none of `keep`, until at most `max_bytes` are left.
  // Gives the bytes that it freed. Also removes what a killed process left half-written. Looks at no artifact
  // where the account says that there are no more than `max_bytes`, unless it is older than a day: what
  // processes at once or a killed one did not write into it is found then.
  Result<std::uint64_t> prune(std::uint64_t max_bytes, std::set<Sha256> const& keep);

 private:
  friend class GrowingArtifact;
  explicit ArtifactStore(std::string folder) : folder_(std::move(folder)) {}
  std::string account() const { return folder_ + "/bytes"; }
  // Writes what this process has added into the account.
  Result<void> note_added();
  // Of the account; nothing where it cannot be relied on.
  std::optional<std::uint64_t> bytes_counted() const;

  std::string const folder_;
  std::atomic<std::uint64_t> added_ = 0;
  std::atomic<std::uint64_t> begun_ = 0;
};

}  // namespace shoal::store
