// Files as the rest of the program needs them: read whole, written all or nothing, mapped, identified.
// All functions may be called by any thread. Paths are UTF-8; relative ones start at the working folder.
// Elsewhere: POSIX calls on macOS (F_FULLFSYNC); CreateFile, MoveFileEx and MapViewOfFile on Windows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sha256.h"
#include "os/descriptor.h"

namespace shoal::os {

// Opens a regular file for reading. Never waits on a FIFO or touches a device.
// Errors: not_found; invalid_argument for a folder, a FIFO or a device; unavailable without permission.
Result<Descriptor> open_for_reading(std::string const& path);

// The whole file. More than `max_bytes` is an error (invalid_argument), not a cut.
Result<std::string> read_file(std::string const& path, std::uint64_t max_bytes);

// What there is from `offset` on, up to the size of `into`; 0 at the end of the file.
Result<std::size_t> read_at(Descriptor const& file, std::uint64_t offset, std::span<char> into);

struct HashedBytes {
  Sha256 sha256;
  std::uint64_t bytes = 0;
};
// Of the first `most` bytes, or of all where there are fewer. Read and not mapped: the file may be cut
// meanwhile. `on_piece` hears how many are done; its error ends the reading.
Result<HashedBytes> hash_file(Descriptor const& file, std::uint64_t most = UINT64_MAX,
                              std::function<Result<void>(std::uint64_t)> const& on_piece = {});

enum class Permissions {
  ordinary,         // 0644 as the user's mask allows
  private_to_user,  // 0600: tokens
};
// After success the new bytes are on disk under `path`; after any failure or crash the old file is as it was.
Result<void> write_file_atomically(std::string const& path, std::string_view bytes,
                                   Permissions permissions = Permissions::ordinary);
// Puts the finished file or folder `from` in the place of `to` (same file system), and makes that durable.
Result<void> rename_durably(std::string const& from, std::string const& to);

// A regular file in memory, read-only. If another process cuts the file short, touching the lost pages
// raises SIGBUS: map only files of our own in the host, foreign ones in workers.
class MappedFile {
 public:
  static Result<MappedFile> open(std::string const& path);
  // `name` is what error messages call it. Takes over `file`.
  static Result<MappedFile> map(Descriptor file, std::string const& name);

  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::string_view bytes() const { return {data_, size_}; }
  Descriptor const& descriptor() const { return file_; }

 private:
  Descriptor file_;
  char const* data_ = nullptr;
  std::size_t size_ = 0;
};

// Equal identities: the same file with the same content, as far as the file system can tell.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;  // of the last change of any of these; not what a user can set back

  friend bool operator==(FileIdentity const&, FileIdentity const&) = default;
};
// Regular files only; errors as open_for_reading.
Result<FileIdentity> identify(std::string const& path);
Result<FileIdentity> identify(Descriptor const& file);

// A folder of our own that is removed with all it holds.
class TemporaryFolder {
 public:
  // In `parent`, or where the system keeps temporary files when it is empty.
  static Result<TemporaryFolder> create(std::string_view prefix, std::string const& parent = {});

  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&& other) noexcept;
  ~TemporaryFolder();

  std::string const& path() const { return path_; }
  // The folder stays; the caller owns it now.
  std::string release() { return std::exchange(path_, {}); }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

// Makes `path` and the folders above it. Fine if it is there already.
Result<void> make_folders(std::string const& path);
// What an ordinary user may still write on the file system of `path`.
Result<std::uint64_t> free_bytes(std::string const& path);
// The running program, with links resolved.
Result<std::string> executable_path();

// A file that only grows. One owner thread; several processes may append to one file, each call's bytes stay
// together.
class AppendFile {
 public:
  // Makes the file if it is missing.
  static Result<AppendFile> open(std::string const& path);

  Result<void> append(std::string_view bytes);
  // What was appended is on disk when this returns.
  Result<void> sync();
  // For a child's output.
  Descriptor const& descriptor() const { return file_; }

 private:
  AppendFile(Descriptor file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  Descriptor file_;
  std::string path_;
};

// A file that is written and read at any place, by several threads at once.
// Elsewhere: the same calls on macOS; overlapped ReadFile and WriteFile on Windows.
class RandomAccessFile {
 public:
  // Makes the file if it is missing.
  static Result<RandomAccessFile> open(std::string const& path);
  // One that exists, of which nothing may be changed.
  static Result<RandomAccessFile> open_read_only(std::string const& path);

  // What lies between the old end and `offset` reads as zeros.
  Result<void> write_at(std::uint64_t offset, std::string_view bytes);
  // Fills `space` as far as the file goes; gives how many bytes.
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> space) const;
  Result<void> truncate(std::uint64_t size);
  Result<void> sync();
  Result<std::uint64_t> size() const;

 private:
  RandomAccessFile(Descriptor file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  Descriptor file_;
  std::string path_;
};

enum class LinkKind {
  hard,      // one more name of the same file
  clone,     // a file of its own that shares the bytes on disk (a reflink)
  symbolic,  // a name that leads to the other
};
// Gives the file `from` (links resolved) the further name `to`, which must be free, without copying bytes:
// the first kind that the file systems and permissions allow.
Result<LinkKind> link_file(std::string const& from, std::string const& to);

}  // namespace shoal::os
