#include "runtime/files.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "os/file.h"

namespace shoal::runtime {
namespace {

class FilesTest : public testing::Test {
 protected:
  std::string path(std::string const& name) const { return folder_.path() + "/" + name; }
  std::string write(std::string const& name, std::string const& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  os::TemporaryFolder folder_ = os::TemporaryFolder::create("shoal-files").value();
};

std::string const kLarge(3 << 20, 'x');

TEST_F(FilesTest, AFileIsItsBytesAndItsHash) {
  for (auto const& bytes : {std::string(), std::string("short"), kLarge}) {
    auto const blob = open_file(write("file.txt", bytes)).value();
    EXPECT_EQ(blob->size(), bytes.size());
    EXPECT_EQ(blob->hash(), sha256(bytes));
    EXPECT_EQ(blob->bytes(), bytes);
    EXPECT_EQ(blob->media_type(), "text/plain");
    EXPECT_TRUE(blob->still());
  }
}

TEST_F(FilesTest, BytesTellTheirKindWhateverTheFileIsCalled) {
  auto const kind = [&](std::string const& name, std::string const& bytes) {
    return media_type_of_bytes(write(name, bytes)).value();
  };
  EXPECT_EQ(kind("a.txt", "%PDF-1.7\n"), "application/pdf");
  EXPECT_EQ(kind("a.md", "A PDF begins with %PDF-1.7.\n"), "text/plain") << "it speaks of them";
  EXPECT_EQ(kind("a.txt", std::string("junk\0%PDF-1.7\n", 14)), "application/pdf");
  EXPECT_EQ(kind("a.txt", "ID3 grows a tree of decisions."), "text/plain");
  EXPECT_EQ(kind("a.pdf", "PK\x03\x04 more"), "application/zip");
  EXPECT_EQ(kind("a.txt", "\x89PNG\r\n\x1a\n"), "image/png");
  EXPECT_EQ(kind("a.pdf", "Dear Ada"), "text/plain");
  // The piece that is looked at may end within a character.
  EXPECT_EQ(kind("a.pdf", std::string(4095, 'x') + "\u00e4\u00f6"), "text/plain");
  EXPECT_EQ(kind("a.pdf", "\xfftext"), "application/octet-stream");
  EXPECT_EQ(kind("a.pdf", ""), "");
  EXPECT_EQ(media_type_of_bytes(path("missing")).error().code(), Code::not_found);
}

TEST_F(FilesTest, ASmallFileStaysWhatItWas) {
  auto const blob = open_file(write("file.txt", "before")).value();
  write("file.txt", "after, and longer");
  EXPECT_EQ(blob->bytes(), "before");
  EXPECT_TRUE(blob->still());
}

TEST_F(FilesTest, ALargeFileSaysThatItChanged) {
  auto const file = write("file.txt", kLarge);
  auto const blob = open_file(file).value();
  ASSERT_TRUE(blob->still());
  std::filesystem::resize_file(file, 1000);  // would end a process that maps it
  EXPECT_LE(blob->bytes().size(), 1000u);
  auto const still = blob->still();
  ASSERT_FALSE(still);
  EXPECT_EQ(still.error().code(), Code::unavailable);
  EXPECT_NE(still.error().message().find(file), std::string::npos);
}

TEST_F(FilesTest, ALargeFileWrittenOverWithTheSameSizeAndTimeSaysThatItChanged) {
  auto const file = write("file.txt", kLarge);
  auto const time = std::filesystem::last_write_time(file);
  auto const blob = open_file(file).value();
  std::fstream(file, std::ios::in | std::ios::out).seekp(10) << 'y';
  std::filesystem::last_write_time(file, time);
  EXPECT_FALSE(blob->still());
}

TEST_F(FilesTest, AFileWithoutASizeIsReadAllTheSame) {
  auto const blob = open_file("/proc/self/status");
  ASSERT_TRUE(blob) << blob.error().message();
  EXPECT_TRUE((*blob)->bytes().starts_with("Name:"));
}

TEST_F(FilesTest, WhatIsNoFileIsRefusedAtOnceAndNamed) {
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  int const listening = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  ASSERT_LT(path("socket").size(), sizeof address.sun_path);
  path("socket").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  for (auto const& name :
       {path("fifo"), path("socket"), std::string("/dev/null"), std::string("/dev/zero"), folder_.path()}) {
    auto const blob = open_file(name);
    ASSERT_FALSE(blob) << name;
    EXPECT_EQ(blob.error().code(), Code::invalid_argument) << name;
    EXPECT_NE(blob.error().message().find(name), std::string::npos) << blob.error().message();
  }
  close(listening);
  EXPECT_EQ(open_file(path("nothing")).error().code(), Code::not_found);
  std::filesystem::create_symlink("loop", path("loop"));
  EXPECT_FALSE(open_file(path("loop")));
  EXPECT_FALSE(open_file(std::string(5000, 'a')));
}

}  // namespace
}  // namespace shoal::runtime
