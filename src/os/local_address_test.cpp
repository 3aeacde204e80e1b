#include "os/local_address.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "os/file.h"
#include "os/poller.h"

namespace shoal::os {
namespace {

class LocalAddressTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_ = TemporaryFolder::create("shoal-address-").value();
};

bool hears(Descriptor const& listener) {
  Poller poller;
  poller.watch(listener.get(), Interest::read);
  return !poller.wait(std::chrono::seconds(5)).value().empty();
}

TEST_F(LocalAddressTest, ConnectsToWhoListens) {
  auto const path = folder_.path() + "/host.sock";
  EXPECT_EQ(connect_to(path).error().code(), Code::not_found);
  {
    auto const listener = listen_at(path);
    ASSERT_TRUE(listener);
    auto const client = connect_to(path);
    ASSERT_TRUE(client);
    EXPECT_TRUE(hears(*listener));
  }
  EXPECT_EQ(connect_to(path).error().code(), Code::not_found) << "its name is left, but nobody listens";
  EXPECT_TRUE(listen_at(path)) << "the name is taken over";
}

TEST_F(LocalAddressTest, IsForThisUserAlone) {
  auto const path = folder_.path() + "/host.sock";
  auto const listener = listen_at(path);
  ASSERT_TRUE(listener);
  struct stat facts = {};
  ASSERT_EQ(stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0077, 0u);
}

TEST_F(LocalAddressTest, NamesMayBeLong) {
  auto folder = folder_.path();
  while (folder.size() < 2000) folder += "/" + std::string(200, 'x');
  ASSERT_TRUE(make_folders(folder));
  auto const path = folder + "/host.sock";
  auto const listener = listen_at(path);
  ASSERT_TRUE(listener) << listener.error().message();
  EXPECT_TRUE(connect_to(path));
}

TEST_F(LocalAddressTest, LeavesOtherFilesAlone) {
  auto const path = folder_.path() + "/host.sock";
  std::ofstream(path) << "mine";
  EXPECT_EQ(listen_at(path).error().code(), Code::already_exists);
  EXPECT_EQ(read_file(path, 10).value(), "mine");
}

}  // namespace
}  // namespace shoal::os
