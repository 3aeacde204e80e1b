// Buffers that processes hand to each other without a copy: written once, sealed, then read-only for all.
// Elsewhere: shm_open on macOS and a section object on Windows, copied on receipt as neither can be sealed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "os/descriptor.h"

namespace shoal::os {

// A sealed buffer with these bytes. Error out_of_memory when there is no room. Any thread.
Result<Descriptor> create_sealed_buffer(std::string_view bytes);

// A buffer to be filled in place, then sealed. One owner, one thread at a time.
class BufferWriter {
 public:
  // All zero. `size` may be 0.
  static Result<BufferWriter> create(std::size_t size);

  BufferWriter(BufferWriter&& other) noexcept;
  BufferWriter& operator=(BufferWriter&& other) noexcept;
  ~BufferWriter();

  std::span<char> bytes() { return {data_, size_}; }
  // No one can write to it afterwards, this process included; bytes() is empty.
  Result<Descriptor> seal() &&;

 private:
  BufferWriter(Descriptor file, char* data, std::size_t size)
      : file_(std::move(file)), data_(data), size_(size) {}
  void unmap();

  Descriptor file_;
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

// A received buffer. Any thread may read it.
class MappedBuffer {
 public:
  // The sender is not trusted: error invalid_argument unless `buffer` is a memory file of exactly `size`
  // bytes sealed against writing, growing and shrinking. Keeps no descriptor: the mapping holds the memory.
  static Result<MappedBuffer> map(Descriptor const& buffer, std::uint64_t size);

  MappedBuffer() = default;
  MappedBuffer(MappedBuffer&& other) noexcept;
  MappedBuffer& operator=(MappedBuffer&& other) noexcept;
  ~MappedBuffer();

  std::string_view bytes() const { return {data_, size_}; }

 private:
  MappedBuffer(char const* data, std::size_t size) : data_(data), size_(size) {}

  char const* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace shoal::os
