#include "os/memory_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "os/system_error.h"

namespace shoal::os {
namespace {

constexpr int kReadOnlySeals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK;
constexpr unsigned kNoExecuteSeal = 0x0008;  // MFD_NOEXEC_SEAL, Linux 6.3

Result<Descriptor> create_memory_file(std::size_t size) {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  Descriptor file(memfd_create("shoal-buffer", kFlags | kNoExecuteSeal));
  if (!file && errno == EINVAL) file = Descriptor(memfd_create("shoal-buffer", kFlags));
  if (!file) return last_system_error("making a buffer");
  if (ftruncate(file.get(), static_cast<off_t>(size)) != 0) {
    return last_system_error("making a buffer of " + std::to_string(size) + " bytes");
  }
  return file;
}

Result<void> add_seals(Descriptor const& file) {
  if (fcntl(file.get(), F_ADD_SEALS, kReadOnlySeals | F_SEAL_SEAL) != 0)
    return last_system_error("sealing a buffer");
  return {};
}

Error no_room(std::size_t size) {
  return Error(Code::out_of_memory, "no memory for a buffer of " + std::to_string(size) + " bytes");
}

}  // namespace

Result<Descriptor> create_sealed_buffer(std::string_view bytes) {
  Descriptor file = TRY(create_memory_file(bytes.size()));
  for (std::size_t done = 0; done < bytes.size();) {
    ssize_t const written =
        pwrite(file.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return no_room(bytes.size());
    done += static_cast<std::size_t>(written);
  }
  TRY(add_seals(file));
  return file;
}

Result<BufferWriter> BufferWriter::create(std::size_t size) {
  Descriptor file = TRY(create_memory_file(size));
  if (size == 0) return BufferWriter(std::move(file), nullptr, 0);
  void* const data = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (data == MAP_FAILED) return no_room(size);
  return BufferWriter(std::move(file), static_cast<char*>(data), size);
}

BufferWriter::BufferWriter(BufferWriter&& other) noexcept
    : file_(std::move(other.file_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

BufferWriter& BufferWriter::operator=(BufferWriter&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

BufferWriter::~BufferWriter() { unmap(); }

void BufferWriter::unmap() {
  if (data_ != nullptr) munmap(data_, size_);
  data_ = nullptr;
  size_ = 0;
}

Result<Descriptor> BufferWriter::seal() && {
  unmap();  // a writable mapping would make the seal fail
  TRY(add_seals(file_));
  return std::move(file_);
}

Result<MappedBuffer> MappedBuffer::map(Descriptor const& buffer, std::uint64_t size) {
  int const seals = fcntl(buffer.get(), F_GET_SEALS);
  if (seals < 0 || (seals & kReadOnlySeals) != kReadOnlySeals) {
    return Error(Code::invalid_argument, "the received buffer is not a sealed memory file");
  }
  struct stat status = {};
  if (fstat(buffer.get(), &status) != 0) return last_system_error("reading the size of a received buffer");
  if (static_cast<std::uint64_t>(status.st_size) != size) {
    return Error(Code::invalid_argument, "the received buffer has " + std::to_string(status.st_size) +
                                             " bytes, but " + std::to_string(size) + " were announced");
  }
  if (size == 0) return MappedBuffer();
  void* const data = mmap(nullptr, size, PROT_READ, MAP_SHARED, buffer.get(), 0);
  if (data == MAP_FAILED) return last_system_error("mapping a received buffer");
  return MappedBuffer(static_cast<char const*>(data), size);
}

MappedBuffer::MappedBuffer(MappedBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedBuffer& MappedBuffer::operator=(MappedBuffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedBuffer::~MappedBuffer() {
  if (data_ != nullptr) munmap(const_cast<char*>(data_), size_);
}

}  // namespace shoal::os
