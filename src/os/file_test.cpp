#include "os/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "os/system_error.h"

namespace shoal::os {
namespace {

class FileTest : public testing::Test {
 protected:
  std::string path(std::string const& name) const { return folder_.path() + "/" + name; }
  std::size_t entries() const {
    std::size_t count = 0;
    for ([[maybe_unused]] auto const& entry : std::filesystem::directory_iterator(folder_.path())) ++count;
    return count;
  }

  TemporaryFolder folder_ = TemporaryFolder::create("file-test").value();
};

TEST_F(FileTest, WhatIsWrittenIsRead) {
  std::string const content("a\0b\n\xff", 5);
  ASSERT_TRUE(write_file_atomically(path("a"), content));
  EXPECT_EQ(read_file(path("a"), 5).value(), content);
  ASSERT_TRUE(write_file_atomically(path("a"), "shorter"));
  EXPECT_EQ(read_file(path("a"), 100).value(), "shorter");
  EXPECT_EQ(entries(), 1u);  // no temporary file is left
}

TEST_F(FileTest, AFailedWriteLeavesTheOldFileAndNothingElse) {
  ASSERT_TRUE(make_folders(path("taken/inside")));
  Result<void> const written = write_file_atomically(path("taken"), "x");  // a file cannot replace a folder
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message().find("taken"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_directory(path("taken/inside")));
  EXPECT_EQ(entries(), 1u);
}

TEST_F(FileTest, PermissionsAreThoseAskedFor) {
  mode_t const mask = umask(027);
  ASSERT_TRUE(write_file_atomically(path("open"), "x"));
  ASSERT_TRUE(write_file_atomically(path("token"), "x", Permissions::private_to_user));
  umask(mask);
  struct stat status = {};
  ASSERT_EQ(stat(path("open").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0640u);
  ASSERT_EQ(stat(path("token").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
}

TEST_F(FileTest, ALimitIsAnErrorNotACut) {
  ASSERT_TRUE(write_file_atomically(path("a"), "12345"));
  EXPECT_EQ(read_file(path("a"), 4).error().code(), Code::invalid_argument);
  EXPECT_TRUE(read_file("/proc/self/status", 1 << 20).value().starts_with("Name:"));  // says that it is empty
  EXPECT_EQ(read_file("/proc/self/status", 10).error().code(), Code::invalid_argument);
}

TEST_F(FileTest, WhatIsNotAnOrdinaryFileIsNamedAndNeverWaitedFor) {
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(read_file(path("fifo"), 10).error().code(), Code::invalid_argument);
  EXPECT_EQ(MappedFile::open("/dev/null").error().code(), Code::invalid_argument);
  EXPECT_EQ(MappedFile::open(folder_.path()).error().message(),
            folder_.path() + " is a folder; a file is needed here");
  EXPECT_EQ(MappedFile::open(path("none")).error().code(), Code::not_found);
  EXPECT_EQ(MappedFile::open(path("none")).error().message(),
            "opening " + path("none") + ": no such file or folder");
  EXPECT_EQ(identify(path("none")).error().code(), Code::not_found);
  EXPECT_FALSE(AppendFile::open(path("fifo")));
}

TEST_F(FileTest, AMappedFileShowsItsBytesAndMoves) {
  ASSERT_TRUE(write_file_atomically(path("a"), "mapped"));
  ASSERT_TRUE(write_file_atomically(path("empty"), ""));
  MappedFile file = MappedFile::open(path("a")).value();
  MappedFile moved = std::move(file);
  EXPECT_EQ(moved.bytes(), "mapped");
  EXPECT_EQ(fcntl(moved.descriptor().get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(MappedFile::open(path("empty")).value().bytes(), "");
}

TEST_F(FileTest, IdentityChangesWithTheContent) {
  ASSERT_TRUE(write_file_atomically(path("a"), "one"));
  FileIdentity const before = identify(path("a")).value();
  EXPECT_EQ(identify(path("a")).value(), before);
  EXPECT_EQ(identify(open_for_reading(path("a")).value()).value(), before);
  ASSERT_TRUE(write_file_atomically(path("a"), "two"));
  EXPECT_NE(identify(path("a")).value(), before);
}

TEST_F(FileTest, ATemporaryFolderGoesWithItsContent) {
  std::string gone;
  {
    TemporaryFolder folder = TemporaryFolder::create("inner", folder_.path()).value();
    gone = folder.path();
    ASSERT_TRUE(make_folders(gone + "/a/b"));
    ASSERT_TRUE(write_file_atomically(gone + "/a/b/c", "x"));
    TemporaryFolder moved = std::move(folder);
    EXPECT_EQ(moved.path(), gone);
  }
  EXPECT_FALSE(std::filesystem::exists(gone));
}

TEST_F(FileTest, FoldersAreMadeOnceAndNotOverFiles) {
  EXPECT_TRUE(make_folders(path("a/b/c")));
  EXPECT_TRUE(make_folders(path("a/b/c")));
  ASSERT_TRUE(write_file_atomically(path("file"), "x"));
  EXPECT_FALSE(make_folders(path("file")));
  EXPECT_FALSE(make_folders(path("file/below")));
}

TEST_F(FileTest, AppendingKeepsWhatIsThere) {
  AppendFile first = AppendFile::open(path("log")).value();
  AppendFile second = AppendFile::open(path("log")).value();
  ASSERT_TRUE(first.append("one\n"));
  ASSERT_TRUE(second.append("two\n"));
  ASSERT_TRUE(first.append("three\n"));
  ASSERT_TRUE(first.sync());
  EXPECT_EQ(read_file(path("log"), 100).value(), "one\ntwo\nthree\n");
}

TEST_F(FileTest, RenamingReplaces) {
  ASSERT_TRUE(write_file_atomically(path("a"), "new"));
  ASSERT_TRUE(write_file_atomically(path("b"), "old"));
  ASSERT_TRUE(rename_durably(path("a"), path("b")));
  EXPECT_EQ(read_file(path("b"), 100).value(), "new");
  EXPECT_EQ(rename_durably(path("a"), path("b")).error().code(), Code::not_found);
}

TEST_F(FileTest, TheMachineIsAskedForSpaceAndForThisProgram) {
  EXPECT_GT(free_bytes(folder_.path()).value(), 0u);
  EXPECT_EQ(free_bytes(path("none")).error().code(), Code::not_found);
  EXPECT_TRUE(executable_path().value().ends_with("os_test"));
}

TEST(SystemError, CodesFollowWhatTheCallerCanDo) {
  EXPECT_EQ(system_error(ENOSPC, "writing x").message(), "writing x: the disk is full");
  EXPECT_EQ(system_error(EACCES, "x").code(), Code::unavailable);
  EXPECT_EQ(system_error(ENOMEM, "x").code(), Code::out_of_memory);
  EXPECT_EQ(system_error(ENOTTY, "x").message(), "x: Inappropriate ioctl for device");
}

TEST(Descriptor, HasOneOwner) {
  Pipe pipe = make_pipe().value();
  int const number = pipe.write_end.get();
  Descriptor copy = pipe.write_end.duplicate().value();
  EXPECT_NE(copy.get(), number);
  EXPECT_EQ(fcntl(copy.get(), F_GETFD), FD_CLOEXEC);
  Descriptor moved = std::move(pipe.write_end);
  EXPECT_EQ(moved.get(), number);
  EXPECT_FALSE(pipe.write_end);
  moved = std::move(copy);
  EXPECT_EQ(fcntl(number, F_GETFD), -1);  // closed by the assignment
  EXPECT_FALSE(Descriptor().duplicate());
}

}  // namespace
}  // namespace shoal::os
