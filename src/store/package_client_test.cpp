#include "store/package_client.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "os/file.h"
#include "store/archive.h"

namespace shoal::store {
namespace {

Source const kWheel = parse_source("pypi:some-model==1.0/a").value();
Source const kPackage = parse_source("npm:some-model@1.0/a").value();

TEST(PackageClient, WhatPipSaysBecomesOneClearLine) {
  auto missing = client_error(
      kWheel,
      "ERROR: Could not find a version that satisfies the requirement some-model==1.0 (from versions: 0.9)\n"
      "ERROR: No matching distribution found for some-model==1.0\n",
      "it ended with exit code 1");
  EXPECT_EQ(missing.code(), Code::not_found);
  EXPECT_EQ(missing.message(),
            "pip finds no some-model 1.0 in its package index (No matching distribution found for "
            "some-model==1.0)");

  auto offline =
      client_error(kWheel,
                   "WARNING: Retrying (Retry(total=1)) after connection broken by 'NewConnectionError(...)'\n"
                   "ERROR: No matching distribution found for some-model==1.0\n",
                   "it ended with exit code 1");
  EXPECT_EQ(offline.code(), Code::unavailable);
  EXPECT_NE(offline.message().find("does not reach its package index"), std::string::npos);

  auto killed = client_error(kWheel, "", "it was killed by signal 9 (Killed)");
  EXPECT_EQ(killed.message(), "pip could not fetch some-model 1.0: it was killed by signal 9 (Killed)");
  EXPECT_NE(client_error(kWheel, "/usr/bin/python3: No module named pip\n", "")
                .message()
                .find("install python3-pip"),
            std::string::npos);
}

TEST(PackageClient, WhatNpmSaysBecomesOneClearLine) {
  auto missing = client_error(kPackage,
                              "npm ERR! code E404\nnpm ERR! 404 Not Found - GET some-model\nnpm ERR! A "
                              "complete log of this run can be found in: x.log\n",
                              "");
  EXPECT_EQ(missing.code(), Code::not_found);
  EXPECT_EQ(missing.message().find('\n'), std::string::npos);
  EXPECT_EQ(client_error(kPackage, "npm error code ENOTFOUND\n", "").code(), Code::unavailable);
}

// What mvn 3.8 says, colours of its own included.
TEST(PackageClient, WhatMavenSaysBecomesItsReason) {
  auto const source = *parse_source("maven:org.nosuch:thing:1.0/model.onnx");
  std::string const goal =
      "\033[0m\033[0m[ERROR] Failed to execute goal "
      "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy (default-cli) on project standalone-pom: ";
  std::string const advice =
      "\n[ERROR] \n[ERROR] Try downloading the file manually from the project website.\n[ERROR] -> [Help 1]\n"
      "[\033[1;31mERROR\033[m] Re-run Maven using the -X switch to enable full debug logging.\n";
  auto const missing = client_error(source,
                                    goal +
                                        "Unable to find artifact. Could not find artifact "
                                        "org.nosuch:thing:jar:1.0 in central (an address)" +
                                        advice,
                                    "it ended with exit code 1");
  EXPECT_EQ(missing.code(), Code::not_found);
  EXPECT_EQ(missing.message(),
            "mvn finds no org.nosuch:thing 1.0 in its package index (Unable to find artifact. Could not find "
            "artifact org.nosuch:thing:jar:1.0 in central (an address))");
  auto const offline = client_error(
      source, goal + "Unable to find artifact. Cannot access central (an address) in offline mode" + advice,
      "");
  EXPECT_EQ(offline.code(), Code::unavailable);
  EXPECT_NE(offline.message().find("(Unable to find artifact. Cannot access central"), std::string::npos)
      << offline.message();
}

// Needs the machine's package clients to reach their indexes.
class PackageClientNetworkTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("SHOAL_TEST_NETWORK") == nullptr) GTEST_SKIP() << "SHOAL_TEST_NETWORK is not set";
  }
  os::TemporaryFolder folder_ = os::TemporaryFolder::create("shoal-client").value();
};

TEST_F(PackageClientNetworkTest, AWheelArrives) {
  auto source = *parse_source("pypi:iniconfig==2.0.0/iniconfig/__init__.py");
  auto archive = fetch_package(source, folder_.path(), {}, [](std::uint64_t) {});
  ASSERT_TRUE(archive) << archive.error().message();
  std::string bytes;
  ASSERT_TRUE(read_member(*archive, source.paths[0], [&](std::string_view piece) -> Result<void> {
    return bytes += piece, Result<void>();
  }));
  EXPECT_NE(bytes.find("class IniConfig"), std::string::npos);
}

TEST_F(PackageClientNetworkTest, AnNpmPackageArrives) {
  auto source = *parse_source("npm:is-number@7.0.0/index.js");
  auto archive = fetch_package(source, folder_.path(), {}, [](std::uint64_t) {});
  ASSERT_TRUE(archive) << archive.error().message();
  std::string bytes;
  ASSERT_TRUE(read_member(*archive, "package/index.js", [&](std::string_view piece) -> Result<void> {
    return bytes += piece, Result<void>();
  }));
  EXPECT_NE(bytes.find("isFinite"), std::string::npos);
}

TEST_F(PackageClientNetworkTest, AVersionThatIsNotThereIsNotFound) {
  auto archive =
      fetch_package(*parse_source("pypi:iniconfig==99.0.0/a"), folder_.path(), {}, [](std::uint64_t) {});
  ASSERT_FALSE(archive);
  EXPECT_EQ(archive.error().code(), Code::not_found) << archive.error().message();
}

}  // namespace
}  // namespace shoal::store
