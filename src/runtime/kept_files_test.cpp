#include "runtime/kept_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "os/file.h"

namespace shoal::runtime {
namespace {

namespace fs = std::filesystem;

class KeptFilesTest : public testing::Test {
 protected:
  std::string write(std::string const& path, int age_hours) {
    auto const whole = folder_.path() + "/" + path;
    fs::create_directories(fs::path(whole).parent_path());
    std::ofstream(whole) << std::string(100, 'x');
    fs::last_write_time(whole, fs::file_time_type::clock::now() - std::chrono::hours(age_hours));
    return whole;
  }

  os::TemporaryFolder folder_ = os::TemporaryFolder::create("shoal-kept").value();
};

TEST_F(KeptFilesTest, TheOldestGoUntilTheRestIsWithinTheBound) {
  auto const old = write("llama/aa/1.prefix", 3), newer = write("llama/bb/2.prefix", 2);
  auto const newest = write("llama/aa/3.prefix", 1);
  EXPECT_EQ(kept_files(folder_.path()).files, 3u);
  EXPECT_EQ(prune_kept_files(folder_.path(), 300).value(), 0u);
  EXPECT_EQ(prune_kept_files(folder_.path(), 299).value(), 100u);
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(newer));
  EXPECT_EQ(prune_kept_files(folder_.path(), 100).value(), 100u);
  EXPECT_FALSE(fs::exists(newer));
  EXPECT_TRUE(fs::exists(newest));
  EXPECT_EQ(kept_files(folder_.path()).bytes, 100u);
  EXPECT_EQ(prune_kept_files(folder_.path() + "/missing", 0).value(), 0u);
}

TEST_F(KeptFilesTest, FoldersOfModelsThatAreGoneAreFound) {
  write("llama/aa/1.prefix", 0);
  write("llama/bb/2.prefix", 0);
  EXPECT_EQ(kept_without_model(folder_.path(), {"aa"}),
            std::vector<std::string>{folder_.path() + "/llama/bb"});
}

}  // namespace
}  // namespace shoal::runtime
