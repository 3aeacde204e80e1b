// A file on its way to being whole. Its bytes may come in any order, from several threads; they are hashed
// once, in their order, while they come. What is there survives a kill: beside `path` lies `path.state`,
// which says which bytes are on disk and of what:
//
//   shoal-part 1                            the version of this format
//   of sha256:1d96…                         the content that they belong to
//   have 0 8388608                          bytes from the first number up to the second, appended as they
//   come part 0 81920000 pypi:model-part1==1.0/…   one source of several gave all of these
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sha256.h"
#include "base/time.h"
#include "os/file.h"

namespace shoal::store {

// Bytes of a file, half-open, that never touch each other.
class Spans {
 public:
  void add(std::uint64_t begin, std::uint64_t end);
  void cut(std::uint64_t end);  // nothing from `end` on stays
  std::uint64_t total() const;
  // How far the bytes go on without a gap from `begin`, which may be missing itself.
  std::uint64_t reach(std::uint64_t begin) const;
  // What of [begin, end) is missing.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> missing(std::uint64_t begin, std::uint64_t end) const;
  std::map<std::uint64_t, std::uint64_t> const& all() const { return spans_; }

 private:
  std::map<std::uint64_t, std::uint64_t> spans_;  // begin → end
};

// Owned by one thread, which alone hashes; write() may be called by any.
class PartFile {
 public:
  // What must come out, as far as it is known.
  struct Wanted {
    std::optional<std::uint64_t> size;
    std::optional<Sha256> sha256;
    // Where the hash is not known: the same text means the same content. Empty: nobody can say.
    std::string version;
    // Gets the first bytes (4 KiB, or all of a smaller file) before more is taken; may be empty.
    std::function<Result<void>(std::string_view)> check_beginning;
  };

  // Goes on with what is there, if it is of the same content; else begins anew.
  static Result<std::unique_ptr<PartFile>> open(std::string path, Wanted wanted);
  // What is there is not to be gone on with: removes it.
  static void remove(std::string const& path);
  // Makes a whole file one that can be gone on with: it was finished, but its pull was killed before the end.
  static Result<void> take_back(std::string const& whole, std::string const& path, Wanted const& wanted);
  // How many bytes of `wanted` a file that was broken off has; 0 where it is of something else.
  static std::uint64_t bytes_there(std::string const& path, Wanted const& wanted);

  Wanted const& wanted() const { return wanted_; }
  std::uint64_t bytes_there() const;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> missing(std::uint64_t begin, std::uint64_t end) const;

  // invalid_argument for bytes behind the wanted size. Any thread.
  Result<void> write(std::uint64_t offset, std::string_view bytes);
  // Everything that was written so far will be known to the next process. Any thread.
  Result<void> note();

  // One source after the other: each goes on at position().
  std::uint64_t position() const { return position_; }
  // True: what `text` gives at this position is there already, and the position has moved behind it.
  bool skip_part(std::string_view text);
  // Drops what is there from the position on: the next part begins there.
  Result<void> begin_part();
  Result<void> append(std::string_view bytes);
  // What lies between `begin` and the position came from `text`.
  Result<void> end_part(std::uint64_t begin, std::string_view text);
  // The part came by write().
  void move_to(std::uint64_t position) { position_ = position; }

  // Makes the file another name of `original`, which is not copied and never written to.
  Result<os::LinkKind> adopt(std::string const& original);

  std::uint64_t hashed() const { return hashed_; }
  // Hashes some of what has come without a gap, and waits up to `patience` where nothing new has. Gives
  // whether it hashed anything.
  Result<bool> hash_some(Duration patience);
  // Wakes hash_some(). Any thread.
  void wake();

  // Hashes what is left. invalid_argument names both sizes or both hashes where they differ. On success the
  // bytes are on disk and the state is gone.
  Result<Sha256> finish();
  // The disk's error, if that is why a call failed: no other source would help.
  std::optional<Error> disk_error() const;

 private:
  PartFile(std::string path, Wanted wanted) : path_(std::move(path)), wanted_(std::move(wanted)) {}
  std::string identity() const;
  Result<void> go_on_or_begin();
  Result<void> note_locked();
  Result<void> begin_state();
  template <typename T> Result<T> disk(Result<T> result);
  Result<void> hash(std::uint64_t end, bool is_end);

  std::string const path_;
  Wanted const wanted_;
  std::optional<os::RandomAccessFile> file_;
  std::optional<os::AppendFile> state_;
  std::vector<std::pair<std::pair<std::uint64_t, std::uint64_t>, std::string>> parts_;  // from the state
  std::uint64_t position_ = 0;
  Sha256Stream stream_;
  std::uint64_t hashed_ = 0;
  bool beginning_seen_ = false;

  std::mutex mutable mutex_;  // guards what follows; with a condition, which Guarded has not
  std::condition_variable came_;
  Spans there_;
  Spans noted_;
  std::uint64_t not_noted_ = 0;
  bool woken_ = false;
  std::optional<Error> disk_error_;
};

}  // namespace shoal::store
