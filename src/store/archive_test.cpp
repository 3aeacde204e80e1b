#include "store/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <map>

#include "os/file.h"

namespace shoal::store {
namespace {

enum class Form { zip, tar_gzip };

void write_archive(std::string const& path, Form form, std::map<std::string, std::string> const& members) {
  ::archive* writer = archive_write_new();
  if (form == Form::zip) {
    archive_write_set_format_zip(writer);
  } else {
    archive_write_set_format_ustar(writer);
    archive_write_add_filter_gzip(writer);
  }
  ASSERT_EQ(archive_write_open_filename(writer, path.c_str()), ARCHIVE_OK);
  for (auto const& [name, bytes] : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    ASSERT_EQ(archive_write_header(writer, entry), ARCHIVE_OK);
    ASSERT_EQ(archive_write_data(writer, bytes.data(), bytes.size()), static_cast<la_ssize_t>(bytes.size()));
    archive_entry_free(entry);
  }
  archive_write_free(writer);
}

class ArchiveTest : public testing::TestWithParam<Form> {
 protected:
  Result<std::string> read(std::string const& member) {
    std::string bytes;
    TRY(read_member(path_, member,
                    [&](std::string_view piece) -> Result<void> { return bytes += piece, Result<void>(); }));
    return bytes;
  }

  os::TemporaryFolder folder_ = os::TemporaryFolder::create("shoal-archive").value();
  std::string const path_ = folder_.path() + "/package";
  std::string const large_ = std::string(3'000'000, 'x') + "end";
};

TEST_P(ArchiveTest, MembersAreFoundByTheirWholeName) {
  write_archive(path_, GetParam(), {{"a/b.bin", "inner"}, {"b.bin", large_}, {"c", ""}});
  EXPECT_EQ(read("a/b.bin").value(), "inner");
  EXPECT_EQ(read("b.bin").value(), large_);
  EXPECT_EQ(read("c").value(), "");
  EXPECT_EQ(read("a").error().code(), Code::not_found);
}

TEST_P(ArchiveTest, ACutOrForeignFileIsAnError) {
  std::string noise;
  for (unsigned i = 0, x = 1; i < 500'000; ++i)
    noise += static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  write_archive(path_, GetParam(), {{"a", noise}});
  std::string const whole = os::read_file(path_, 1 << 20).value();
  ASSERT_TRUE(os::write_file_atomically(path_, whole.substr(0, whole.size() / 2)));
  EXPECT_EQ(read("a").error().code(), Code::invalid_argument);
  ASSERT_TRUE(os::write_file_atomically(path_, "no archive at all"));
  EXPECT_EQ(read("a").error().code(), Code::invalid_argument);
}

TEST_P(ArchiveTest, TheSinksErrorEndsIt) {
  write_archive(path_, GetParam(), {{"a", large_}});
  int calls = 0;
  auto result = read_member(path_, "a", [&](std::string_view) -> Result<void> {
    ++calls;
    return Error(Code::cancelled, "enough");
  });
  EXPECT_EQ(result.error().code(), Code::cancelled);
  EXPECT_EQ(calls, 1);
}

INSTANTIATE_TEST_SUITE_P(Forms, ArchiveTest, testing::Values(Form::zip, Form::tar_gzip));

}  // namespace
}  // namespace shoal::store
