#include "os/memory_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace shoal::os {
namespace {

TEST(MemoryFile, ASealedBufferIsReadButNeverChanged) {
  Descriptor const buffer = create_sealed_buffer("content").value();
  MappedBuffer const mapped = MappedBuffer::map(buffer, 7).value();
  EXPECT_EQ(mapped.bytes(), "content");
  EXPECT_EQ(pwrite(buffer.get(), "x", 1, 0), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(ftruncate(buffer.get(), 3), -1);
  EXPECT_EQ(ftruncate(buffer.get(), 30), -1);
  EXPECT_EQ(mmap(nullptr, 7, PROT_READ | PROT_WRITE, MAP_SHARED, buffer.get(), 0), MAP_FAILED);
  EXPECT_EQ(fcntl(buffer.get(), F_ADD_SEALS, 0), -1);
}

TEST(MemoryFile, TheMappingOutlivesTheDescriptor) {
  MappedBuffer mapped;
  {
    Descriptor const buffer = create_sealed_buffer(std::string(100'000, 'x')).value();
    mapped = MappedBuffer::map(buffer, 100'000).value();
  }
  EXPECT_EQ(mapped.bytes(), std::string(100'000, 'x'));
}

TEST(MemoryFile, AnEmptyBufferIsABuffer) {
  EXPECT_EQ(MappedBuffer::map(create_sealed_buffer("").value(), 0).value().bytes(), "");
  Descriptor const written = std::move(BufferWriter::create(0).value()).seal().value();
  EXPECT_EQ(MappedBuffer::map(written, 0).value().bytes(), "");
}

TEST(MemoryFile, AWriterFillsInPlace) {
  BufferWriter writer = BufferWriter::create(5).value();
  EXPECT_EQ(std::string(writer.bytes().data(), 5), std::string(5, '\0'));
  std::memcpy(writer.bytes().data(), "hello", 5);
  Descriptor const buffer = std::move(writer).seal().value();
  EXPECT_TRUE(writer.bytes().empty());  // NOLINT(bugprone-use-after-move): what is tested
  EXPECT_EQ(MappedBuffer::map(buffer, 5).value().bytes(), "hello");
}

TEST(MemoryFile, AReceiverTrustsNoSender) {
  Descriptor const buffer = create_sealed_buffer("content").value();
  Result<MappedBuffer> const wrong_size = MappedBuffer::map(buffer, 8);
  EXPECT_EQ(wrong_size.error().message(), "the received buffer has 7 bytes, but 8 were announced");

  Descriptor const unsealed(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(ftruncate(unsealed.get(), 7), 0);
  EXPECT_EQ(MappedBuffer::map(unsealed, 7).error().code(), Code::invalid_argument);
  ASSERT_EQ(fcntl(unsealed.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW), 0);
  EXPECT_FALSE(MappedBuffer::map(unsealed, 7));  // it could still be cut short under the reader
  ASSERT_EQ(fcntl(unsealed.get(), F_ADD_SEALS, F_SEAL_SHRINK), 0);
  EXPECT_TRUE(MappedBuffer::map(unsealed, 7));

  Descriptor const file(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(MappedBuffer::map(file, 7).error().code(), Code::invalid_argument);
}

}  // namespace
}  // namespace shoal::os
