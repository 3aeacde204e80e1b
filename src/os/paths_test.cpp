#include "os/paths.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>

#include "os/file.h"

namespace shoal::os {
namespace {

class PathsTest : public testing::Test {
 protected:
  void SetUp() override {
    for (char const* name : {"SHOAL_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "HOME"}) {
      char const* const value = std::getenv(name);
      before_[name] = value != nullptr ? std::optional<std::string>(value) : std::nullopt;
      unsetenv(name);
    }
  }
  void TearDown() override {
    for (auto const& [name, value] : before_) {
      if (value) {
        setenv(name.c_str(), value->c_str(), 1);
      } else {
        unsetenv(name.c_str());
      }
    }
  }

  std::map<std::string, std::optional<std::string>> before_;
};

TEST_F(PathsTest, AHomeIsPrivateFromTheStartAndStaysAsItsUserHasIt) {
  using std::filesystem::perms;
  auto const folder = TemporaryFolder::create("paths-test").value();
  Home const home{folder.path() + "/above/home", "", folder.path() + "/above/home/cache"};
  auto const others = [](std::string const& path) {
    return std::filesystem::status(path).permissions() & (perms::group_all | perms::others_all);
  };
  mode_t const mask = umask(0);
  ASSERT_TRUE(make_home(home));
  umask(mask);
  EXPECT_EQ(others(home.data), perms::none);
  EXPECT_EQ(others(home.cache), perms::none);
  std::filesystem::permissions(home.data, perms::others_read, std::filesystem::perm_options::add);
  ASSERT_TRUE(make_home(home));
  EXPECT_EQ(others(home.data), perms::others_read);
}

TEST_F(PathsTest, ShoalHomeHoldsAll) {
  setenv("HOME", "/home/a", 1);
  setenv("SHOAL_HOME", "/srv/shoal/", 1);
  Home const home = find_home().value();
  EXPECT_EQ(home.data, "/srv/shoal");
  EXPECT_EQ(home.config, "/srv/shoal");
  EXPECT_EQ(home.cache, "/srv/shoal/cache");
  setenv("SHOAL_HOME", "relative", 1);
  EXPECT_EQ(find_home().value().data, (std::filesystem::current_path() / "relative").string());
}

TEST_F(PathsTest, TheStandardFoldersElse) {
  setenv("HOME", "/home/a", 1);
  setenv("XDG_CONFIG_HOME", "/etc/a", 1);
  setenv("XDG_CACHE_HOME", "relative is ignored", 1);
  Home const home = find_home().value();
  EXPECT_EQ(home.data, "/home/a/.local/share/shoal");
  EXPECT_EQ(home.config, "/etc/a/shoal");
  EXPECT_EQ(home.cache, "/home/a/.cache/shoal");
}

TEST_F(PathsTest, NoHomeSaysWhatToSet) {
  Result<Home> const home = find_home();
  ASSERT_FALSE(home);
  EXPECT_NE(home.error().message().find("SHOAL_HOME"), std::string::npos);
}

TEST_F(PathsTest, TheInstallationIsBesideTheProgram) {
  Installation const installation = find_installation().value();
  EXPECT_TRUE(installation.engines.ends_with("/lib/shoal/engines"));
  EXPECT_TRUE(installation.share.ends_with("/share/shoal"));
  std::filesystem::path const root = std::filesystem::path(installation.share).parent_path().parent_path();
  EXPECT_TRUE(std::filesystem::exists(
      root / std::filesystem::read_symlink("/proc/self/exe").parent_path().filename()));
}

}  // namespace
}  // namespace shoal::os
