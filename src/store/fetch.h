// Brings the bytes of one model file from one of its sources into a file, verified while they are written.
// Used by ModelStore, which chooses the sources; blocks the calling thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sha256.h"
#include "net/egress.h"
#include "os/file.h"
#include "store/catalog.h"
#include "store/source.h"

namespace shoal::store {

// A file that is being written and must come out with a known size and hash. Owned by one thread.
class VerifiedFile {
 public:
  enum class Start { anew, with_what_is_there };

  // `what` is what messages call it.
  static Result<VerifiedFile> open(std::string path, CatalogFile const& wanted, Start start);

  std::uint64_t size() const { return size_; }
  Result<void> append(std::string_view bytes);
  // invalid_argument names both sizes or both hashes when they differ. On success the bytes are on disk.
  Result<void> finish();
  // The disk's error, if that is why append() failed: no other source would help.
  std::optional<Error> const& disk_error() const { return disk_error_; }

 private:
  VerifiedFile(os::AppendFile file, CatalogFile const& wanted)
      : file_(std::move(file)), wanted_size_(wanted.size), wanted_hash_(wanted.sha256) {}

  os::AppendFile file_;
  std::uint64_t wanted_size_;
  Sha256 wanted_hash_;
  std::uint64_t size_ = 0;
  std::unique_ptr<Sha256Stream> hash_ = std::make_unique<Sha256Stream>();
  std::optional<Error> disk_error_;
};

struct FetchContext {
  net::Egress& egress;
  net::EgressAccount& account;
  std::string hub;      // "https://…": where hf: sources are
  std::string scratch;  // a folder for what package clients bring
  std::stop_token stop;
  // Bytes of the file so far, of which some may still be in a package.
  std::function<void(std::uint64_t)> on_bytes;
};

// Appends all parts of `source`. What is in `file` already is taken as the beginning of the first part, which
// only a hub or URL source of one part can continue. A connection that breaks in the middle is taken up again
// a few times. Errors are about the source, unless file.disk_error() is set or the code is `cancelled`.
Result<void> fetch(Assembly const& source, VerifiedFile& file, CatalogFile const& wanted,
                   FetchContext const& context);

// Whether a file that was broken off can be continued from this source later.
bool can_continue(Assembly const& source);

}  // namespace shoal::store
