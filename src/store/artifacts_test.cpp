#include "store/artifacts.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

namespace shoal::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class ArtifactsTest : public testing::Test {
 protected:
  void set_age(Sha256 const& hash, std::chrono::hours age) {
    fs::last_write_time(store_->path(hash), fs::file_time_type::clock::now() - age);
  }

  os::TemporaryFolder folder_ = os::TemporaryFolder::create("shoal-artifacts").value();
  std::unique_ptr<ArtifactStore> store_ = ArtifactStore::open(folder_.path() + "/artifacts").value();
};

TEST_F(ArtifactsTest, WhatWasPutComesBack) {
  Sha256 const hash = sha256("some bytes");
  EXPECT_FALSE(store_->contains(hash));
  EXPECT_EQ(store_->get(hash).error().code(), Code::not_found);
  auto path = store_->put("some bytes", hash);
  ASSERT_TRUE(path) << path.error().message();
  EXPECT_EQ(*path, folder_.path() + "/artifacts/" + hash.hex().substr(0, 2) + "/" + hash.hex().substr(2));
  EXPECT_TRUE(store_->contains(hash));
  EXPECT_EQ(store_->get(hash)->bytes(), "some bytes");
}

TEST_F(ArtifactsTest, EqualBytesAreKeptOnce) {
  ASSERT_TRUE(store_->put("a"));
  ASSERT_TRUE(store_->put("a"));
  ASSERT_TRUE(store_->put("bc"));
  EXPECT_EQ(store_->total_bytes(), 3u);
}

TEST_F(ArtifactsTest, DamagedOnesAreFoundAndRemoved) {
  for (char const* text : {"1111", "2222", "3333"}) ASSERT_TRUE(store_->put(text));
  fs::resize_file(store_->path(sha256("2222")), 3);
  std::uint64_t read = 0;
  auto const check = store_->verify([&](std::uint64_t bytes) { read = bytes; }, {}).value();
  EXPECT_EQ(check.artifacts, 3u);
  EXPECT_EQ(read, check.bytes);
  EXPECT_EQ(check.damaged, std::vector<Sha256>{sha256("2222")});
  EXPECT_FALSE(store_->contains(sha256("2222")));
  EXPECT_TRUE(store_->contains(sha256("1111")));
  EXPECT_TRUE(store_->verify([](std::uint64_t) {}, {}).value().damaged.empty());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(store_->verify([](std::uint64_t) {}, stop.get_token()).error().code(), Code::cancelled);
}

TEST_F(ArtifactsTest, EmptyBytesAreAnArtifact) {
  ASSERT_TRUE(store_->put(""));
  auto mapped = store_->get(sha256(""));
  ASSERT_TRUE(mapped) << mapped.error().message();
  EXPECT_EQ(mapped->bytes(), "");
}

TEST_F(ArtifactsTest, PruningTakesTheOldestButNoneThatIsKept) {
  for (char const* text : {"1111", "2222", "3333", "4444"}) ASSERT_TRUE(store_->put(text));
  set_age(sha256("1111"), 4h);
  set_age(sha256("2222"), 3h);
  set_age(sha256("3333"), 2h);
  set_age(sha256("4444"), 1h);
  ASSERT_TRUE(store_->get(sha256("2222")));  // used again
  EXPECT_EQ(store_->prune(8, {sha256("1111")}).value(), 8u);
  EXPECT_TRUE(store_->contains(sha256("1111")));
  EXPECT_TRUE(store_->contains(sha256("2222")));
  EXPECT_EQ(store_->total_bytes(), 8u);
  EXPECT_EQ(store_->prune(8, {}).value(), 0u);
}

TEST_F(ArtifactsTest, HalfWrittenFilesGoWhenTheirWriterIsLongGone) {
  std::string const path = store_->put("whole").value();
  std::string const fresh = path + ".1.1.tmp";
  std::string const old = path + ".2.2.tmp";
  for (auto const& file : {fresh, old}) ASSERT_TRUE(os::write_file_atomically(file, "ha"));
  fs::last_write_time(old, fs::file_time_type::clock::now() - 2h);
  EXPECT_EQ(store_->prune(1000, {}).value(), 2u);
  EXPECT_TRUE(fs::exists(fresh));
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(store_->contains(sha256("whole")));
}

TEST_F(ArtifactsTest, WithinItsBoundNothingIsLookedAt) {
  ASSERT_TRUE(store_->put("1111"));
  EXPECT_EQ(store_->prune(8, {}).value(), 0u);  // counts
  std::string const unseen = store_->path(sha256("unseen"));
  fs::create_directories(fs::path(unseen).parent_path());
  ASSERT_TRUE(os::write_file_atomically(unseen + ".1.1.tmp", std::string(100, 'x')));
  fs::last_write_time(unseen + ".1.1.tmp", fs::file_time_type::clock::now() - 2h);
  ASSERT_TRUE(store_->put("2222"));
  EXPECT_EQ(store_->prune(8, {}).value(), 0u);
  EXPECT_TRUE(fs::exists(unseen + ".1.1.tmp"));
  // What another process has added counts, too.
  auto const other = ArtifactStore::open(fs::path(unseen).parent_path().parent_path().string()).value();
  ASSERT_TRUE(other->put("33"));
  EXPECT_EQ(other->prune(10, {}).value(), 0u);
  set_age(sha256("1111"), 4h);
  EXPECT_EQ(store_->prune(8, {}).value(), 104u);
  EXPECT_FALSE(fs::exists(unseen + ".1.1.tmp"));
  EXPECT_EQ(store_->total_bytes(), 6u);
}

TEST_F(ArtifactsTest, AnAccountThatIsOldOrDamagedIsMadeAnew) {
  std::string const path = store_->put("1111").value();
  auto const folder = fs::path(path).parent_path().parent_path().string();
  for (auto const* account : {"counted 1 0\n", "counted 99999999999 0\n", "nonsense", "counted 0", ""}) {
    ASSERT_TRUE(os::write_file_atomically(folder + "/bytes", account));
    ASSERT_TRUE(store_->put("1111"));
    EXPECT_EQ(store_->prune(3, {}).value(), 4u) << account;
  }
}

TEST_F(ArtifactsTest, OneThatGrowsIsThereWhenItIsKeptAndLeavesNothingOtherwise) {
  std::string whole;
  {
    auto const growing = store_->begin().value();
    for (int i = 0; i < 100'000; ++i) {
      whole += std::to_string(i) + ",";
      ASSERT_TRUE(growing->append(std::to_string(i) + ","));
    }
    EXPECT_EQ(growing->size(), whole.size());
    EXPECT_FALSE(store_->contains(sha256(whole)));
    EXPECT_EQ(growing->keep().value(), sha256(whole));
  }
  EXPECT_EQ(store_->get(sha256(whole)).value().bytes(), whole);
  ASSERT_TRUE(store_->begin().value()->append(std::string(100'000, 'x')));
  EXPECT_EQ(store_->total_bytes(), whole.size());
}

}  // namespace
}  // namespace shoal::store
