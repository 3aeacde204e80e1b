#include "os/file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "os/system_error.h"

namespace shoal::os {
namespace {

constexpr std::size_t kHashPiece = 1u << 20;

Result<void> require_regular(struct stat const& status, std::string const& name) {
  if (S_ISREG(status.st_mode)) return {};
  if (S_ISDIR(status.st_mode)) {
    return Error(Code::invalid_argument, name + " is a folder; a file is needed here");
  }
  return Error(Code::invalid_argument, name + " is not an ordinary file");
}

std::int64_t nanoseconds(timespec const& time) { return time.tv_sec * 1'000'000'000LL + time.tv_nsec; }

FileIdentity identity_of(struct stat const& status) {
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = static_cast<std::uint64_t>(status.st_size),
          .mtime_ns = nanoseconds(status.st_mtim),
          .ctime_ns = nanoseconds(status.st_ctim)};
}

Result<struct stat> status_of(Descriptor const& file, std::string const& name) {
  struct stat status = {};
  if (fstat(file.get(), &status) != 0) return last_system_error("reading " + name);
  TRY(require_regular(status, name));
  return status;
}

Result<void> write_all(int file, std::string_view bytes, std::string const& name) {
  while (!bytes.empty()) {
    ssize_t const written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return last_system_error("writing " + name);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::string folder_of(std::string const& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

// A new or renamed name is on disk once its folder is.
Result<void> sync_folder(std::string const& folder) {
  Descriptor const handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle) return last_system_error("opening the folder " + folder);
  // Some file systems cannot sync a folder and say EINVAL; they order names by themselves.
  if (fsync(handle.get()) != 0 && errno != EINVAL) return last_system_error("writing the folder " + folder);
  return {};
}

// A file beside the one that it will replace; removed unless it was renamed.
class TemporaryFile {
 public:
  static Result<TemporaryFile> create_beside(std::string const& path, mode_t mode) {
    static std::atomic<unsigned> counter = 0;
    for (;;) {
      // A crashed process of the same number may have left a file of that name: take the next one.
      std::string name = path + "." + std::to_string(getpid()) + "." + std::to_string(++counter) + ".tmp";
      Descriptor file(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
      if (file) return TemporaryFile(std::move(file), std::move(name));
      if (errno != EEXIST) return last_system_error("writing " + path);
    }
  }
  TemporaryFile(TemporaryFile&& other) noexcept
      : file_(std::move(other.file_)), name_(std::exchange(other.name_, {})) {}
  ~TemporaryFile() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }

  int get() const { return file_.get(); }
  Result<void> rename_to(std::string const& path) {
    file_.close();
    if (::rename(name_.c_str(), path.c_str()) != 0) return last_system_error("replacing " + path);
    name_.clear();
    return {};
  }

 private:
  TemporaryFile(Descriptor file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}

  Descriptor file_;
  std::string name_;
};

}  // namespace

Result<Descriptor> open_for_reading(std::string const& path) {
  // Asked before opening, as opening alone makes some devices act; and again of what was opened.
  struct stat before = {};
  if (::stat(path.c_str(), &before) != 0) return last_system_error("opening " + path);
  TRY(require_regular(before, path));
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) return last_system_error("opening " + path);
  TRY(status_of(file, path));
  return file;
}

Result<std::string> read_file(std::string const& path, std::uint64_t max_bytes) {
  Descriptor const file = TRY(open_for_reading(path));
  auto const too_large = [&] {
    return Error(Code::invalid_argument,
                 path + " is larger than the " + std::to_string(max_bytes) + " bytes that are read here");
  };
  std::uint64_t const expected = static_cast<std::uint64_t>(TRY(status_of(file, path)).st_size);
  if (expected > max_bytes) return too_large();

  // Files in /proc say that they are empty, and any file may grow meanwhile: read to the end.
  std::string content;
  std::size_t used = 0;
  content.resize(static_cast<std::size_t>(expected) + 1);
  for (;;) {
    if (used == content.size()) content.resize(content.size() * 2 + 4096);
    ssize_t const got = ::read(file.get(), content.data() + used, content.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return last_system_error("reading " + path);
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
    if (used > max_bytes) return too_large();
  }
  content.resize(used);
  return content;
}

Result<std::size_t> read_at(Descriptor const& file, std::uint64_t offset, std::span<char> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    ssize_t const got =
        pread(file.get(), into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return last_system_error("reading");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Result<HashedBytes> hash_file(Descriptor const& file, std::uint64_t most,
                              std::function<Result<void>(std::uint64_t)> const& on_piece) {
  Sha256Stream stream;
  std::vector<char> piece(kHashPiece);
  std::uint64_t done = 0;
  while (done < most) {
    auto const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), most - done));
    auto const got = TRY(read_at(file, done, std::span(piece).first(wanted)));
    if (got == 0) break;
    stream.update({piece.data(), got});
    done += got;
    if (on_piece) TRY(on_piece(done));
  }
  return HashedBytes{stream.finish(), done};
}

Result<void> write_file_atomically(std::string const& path, std::string_view bytes, Permissions permissions) {
  mode_t const mode = permissions == Permissions::private_to_user ? 0600 : 0666;
  TemporaryFile file = TRY(TemporaryFile::create_beside(path, mode));
  TRY(write_all(file.get(), bytes, path));
  if (fsync(file.get()) != 0) return last_system_error("writing " + path);
  TRY(file.rename_to(path));
  return sync_folder(folder_of(path));
}

Result<void> rename_durably(std::string const& from, std::string const& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return last_system_error("renaming " + from + " to " + to);
  return sync_folder(folder_of(to));
}

Result<MappedFile> MappedFile::open(std::string const& path) {
  Descriptor file = TRY(open_for_reading(path));
  return map(std::move(file), path);
}

Result<MappedFile> MappedFile::map(Descriptor file, std::string const& name) {
  auto const size = static_cast<std::size_t>(TRY(status_of(file, name)).st_size);
  MappedFile result;
  if (size > 0) {
    void* const data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (data == MAP_FAILED) return last_system_error("mapping " + name);
    result.data_ = static_cast<char const*>(data);
    result.size_ = size;
  }
  result.file_ = std::move(file);
  return result;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : file_(std::move(other.file_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(const_cast<char*>(data_), size_);
}

Result<FileIdentity> identify(std::string const& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return last_system_error("opening " + path);
  TRY(require_regular(status, path));
  return identity_of(status);
}

Result<FileIdentity> identify(Descriptor const& file) {
  return identity_of(TRY(status_of(file, "the file")));
}

Result<TemporaryFolder> TemporaryFolder::create(std::string_view prefix, std::string const& parent) {
  std::string folder = parent;
  if (folder.empty()) {
    std::error_code error;
    folder = std::filesystem::temp_directory_path(error).string();
    if (error) folder = "/tmp";
  }
  std::string path = folder + "/" + std::string(prefix) + ".XXXXXX";
  if (mkdtemp(path.data()) == nullptr) return last_system_error("making a temporary folder in " + folder);
  return TemporaryFolder(std::move(path));
}

TemporaryFolder& TemporaryFolder::operator=(TemporaryFolder&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // what cannot be removed is left to the system's own cleaning
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Result<void> make_folders(std::string const& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return system_error(error.value(), "making the folder " + path);
  if (!std::filesystem::is_directory(path, error)) {
    return Error(Code::already_exists, "making the folder " + path + ": there is a file of that name");
  }
  return {};
}

Result<std::uint64_t> free_bytes(std::string const& path) {
  struct statvfs status = {};
  if (statvfs(path.c_str(), &status) != 0) return last_system_error("asking for the free space at " + path);
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

Result<std::string> executable_path() {
  std::error_code error;
  std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return system_error(error.value(), "finding the running program");
  return path.string();
}

Result<AppendFile> AppendFile::open(std::string const& path) {
  // Non-blocking, so that a FIFO of that name is an error (no reader) and not a wait.
  Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666));
  if (!file) return last_system_error("opening " + path);
  TRY(status_of(file, path));
  return AppendFile(std::move(file), path);
}

Result<void> AppendFile::append(std::string_view bytes) { return write_all(file_.get(), bytes, path_); }

Result<void> AppendFile::sync() {
  if (fsync(file_.get()) != 0) return last_system_error("writing " + path_);
  return {};
}

Result<RandomAccessFile> RandomAccessFile::open(std::string const& path) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666));
  if (!file) return last_system_error("opening " + path);
  TRY(status_of(file, path));
  return RandomAccessFile(std::move(file), path);
}

Result<RandomAccessFile> RandomAccessFile::open_read_only(std::string const& path) {
  return RandomAccessFile(TRY(open_for_reading(path)), path);
}

Result<void> RandomAccessFile::write_at(std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t const written = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return last_system_error("writing " + path_);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return {};
}

Result<std::size_t> RandomAccessFile::read_at(std::uint64_t offset, std::span<char> space) const {
  return os::read_at(file_, offset, space).within(path_);
}

Result<void> RandomAccessFile::truncate(std::uint64_t size) {
  if (ftruncate(file_.get(), static_cast<off_t>(size)) != 0) return last_system_error("cutting " + path_);
  return {};
}

Result<void> RandomAccessFile::sync() {
  if (fdatasync(file_.get()) != 0) return last_system_error("writing " + path_);
  return {};
}

Result<std::uint64_t> RandomAccessFile::size() const {
  return static_cast<std::uint64_t>(TRY(status_of(file_, path_)).st_size);
}

Result<LinkKind> link_file(std::string const& from, std::string const& to) {
  std::error_code failure;
  std::string const original = std::filesystem::canonical(from, failure).string();
  if (failure) return system_error(failure.value(), "opening " + from);
  Descriptor const source = TRY(open_for_reading(original));
  if (::link(original.c_str(), to.c_str()) == 0) return LinkKind::hard;
  if (errno == EEXIST) return last_system_error("linking " + to);
  Descriptor const copy(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!copy) return last_system_error("writing " + to);
  if (::ioctl(copy.get(), FICLONE, source.get()) == 0) return LinkKind::clone;
  if (::unlink(to.c_str()) != 0 || ::symlink(original.c_str(), to.c_str()) != 0)
    return last_system_error("linking " + to);
  return LinkKind::symbolic;
}

}  // namespace shoal::os
