#include "runtime/step_cache.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "os/file.h"

namespace shoal::runtime {
namespace {

using value::Value;

StepKey key() {
  return {"engine", "1", "0.1", "operation", "model", value::hash_of(Value::record({{"a", 1}}))};
}

TEST(StepKey, EverythingThatCanChangeTheOutputsIsInIt) {
  std::set<Sha256> hashes{key().hash()};
  auto const changed = [&](auto change) {
    auto other = key();
    change(other);
    EXPECT_TRUE(hashes.insert(other.hash()).second);
  };
  changed([](StepKey& k) { k.engine = "other"; });
  changed([](StepKey& k) { k.engine_version = "2"; });
  changed([](StepKey& k) { k.program_version = "0.2"; });
  changed([](StepKey& k) { k.operation = "other"; });
  changed([](StepKey& k) { k.model = "other"; });
  changed([](StepKey& k) { k.inputs = value::hash_of(Value::record({{"a", 1.0}})); });
  // Fields do not run into each other.
  changed([](StepKey& k) { k.engine = "enginec", k.engine_version = ""; });
  changed([](StepKey& k) { k.engine = "engine1", k.engine_version = ""; });
  EXPECT_EQ(key().hash(), key().hash());
}

class StepCacheTest : public testing::Test {
 protected:
  os::TemporaryFolder folder_ = os::TemporaryFolder::create("shoal-cache").value();
  std::unique_ptr<store::ArtifactStore> artifacts_ =
      store::ArtifactStore::open(folder_.path() + "/artifacts").value();
  std::unique_ptr<StepCache> cache_ = StepCache::open(folder_.path(), *artifacts_).value();
};

TEST_F(StepCacheTest, GivesBackWhatWasPut) {
  value::Value const outputs =
      Value::record({{"text", "x"}, {"n", 1.0}, {"list", Value::list({1, Value()})}});
  EXPECT_FALSE(cache_->find(key().hash(), Value()).value());
  ASSERT_TRUE(cache_->put({{key().hash(), {outputs, Json::object({{"tokens_in", 3}})}, Value()}}, {}));
  auto const found = cache_->find(key().hash(), Value()).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->outputs, outputs);
  EXPECT_EQ(found->evidence["tokens_in"].as_integer(), 3);
}

TEST_F(StepCacheTest, LargeOutputsAndBlobsLieInTheArtifactStoreAndKeepTheirFacts) {
  auto const blob = value::Blob::own(std::string(200'000, 'b'), {"image/png", "a.png", -1, std::nullopt});
  value::Value const outputs = Value::record({{"text", std::string(100'000, 't')}, {"image", blob}});
  ASSERT_TRUE(cache_->put({{key().hash(), {outputs, {}}, Value()}}, {}));
  auto const found = cache_->find(key().hash(), Value()).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->outputs, outputs);
  EXPECT_EQ(found->outputs["image"].as_blob()->media_type(), "image/png");
  EXPECT_EQ(found->outputs["image"].as_blob()->name(), "a.png");
  ASSERT_TRUE(artifacts_->prune(0, {}));
  EXPECT_FALSE(cache_->find(key().hash(), Value()).value()) << "an entry without its artifact is no entry";
}

TEST_F(StepCacheTest, ABlobThatCameAsInputIsNotKeptAgainAndComesBackAsItIsNow) {
  auto const first = value::Blob::own("the document", {"application/pdf", "a.pdf", -1, std::nullopt});
  auto const copy = value::Blob::own("the document", {"application/pdf", "b.pdf", -1, std::nullopt});
  auto const outputs = Value::record({{"sheet", Value::record({{"document", first}})}});
  ASSERT_TRUE(cache_->put({{key().hash(), {outputs, {}}, Value::record({{"document", first}})}}, {}));
  EXPECT_EQ(artifacts_->total_bytes(), 0u);
  auto const found = cache_->find(key().hash(), Value::record({{"document", copy}})).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->outputs["sheet"]["document"].as_blob()->name(), "b.pdf");
}

TEST_F(StepCacheTest, WhatWasNotUsedForLongestGoesFirst) {
  auto const at = [](int second) { return WallTime(std::chrono::seconds(second)); };
  auto const key_of = [](int number) {
    auto other = key();
    other.model = std::to_string(number);
    return other.hash();
  };
  auto const put = [&](int number) {
    auto const blob = value::Blob::own(std::string(100'000, static_cast<char>('a' + number)), {});
    value::Value const outputs = Value::record({{"text", std::string(1000, 't')}, {"blob", blob}});
    ASSERT_TRUE(cache_->put({{key_of(number), {outputs, {}}, Value()}}, at(number)));
  };
  for (int number = 1; number <= 3; ++number) put(number);
  ASSERT_TRUE(cache_->find(key_of(1), Value()).value());
  ASSERT_TRUE(cache_->prune({.rows = 3000}, {}, at(4)));  // room for two
  EXPECT_TRUE(cache_->find(key_of(1), Value()).value());
  EXPECT_FALSE(cache_->find(key_of(2), Value()).value());
  EXPECT_TRUE(cache_->find(key_of(3), Value()).value());

  EXPECT_FALSE(cache_->has_grown());
  put(4);
  EXPECT_TRUE(cache_->has_grown());
  ASSERT_TRUE(cache_->prune({.artifacts = 150'000}, {}, at(6)));
  EXPECT_LE(artifacts_->total_bytes(), 150'000u);
}

TEST_F(StepCacheTest, ACheckDropsWhatCannotBeGivenAnyMore) {
  auto const put = [&](std::string const& name, std::size_t text_bytes) {
    auto const blob = value::Blob::own("blob of " + name, {});
    value::Value const outputs =
        Value::record({{"text", std::string(text_bytes, 't') + name}, {"blob", blob}});
    ASSERT_TRUE(cache_->put({{sha256(name), {outputs, {}}, Value()}}, {}));
  };
  put("whole", 100'000);
  put("without its blob", 10);
  put("without its outputs", 100'000);
  EXPECT_EQ(cache_->contents().value().rows, 3u);
  EXPECT_EQ(cache_->verify().value().dropped, 0u);
  std::filesystem::remove(artifacts_->path(sha256("blob of without its blob")));
  for (auto const& entry : std::filesystem::recursive_directory_iterator(folder_.path() + "/artifacts")) {
    auto const bytes = entry.is_regular_file() ? os::read_file(entry.path(), 1u << 20).value() : "";
    if (bytes.find("twithout its outputs") != bytes.npos) std::filesystem::remove(entry.path());
  }
  auto const check = cache_->verify().value();
  EXPECT_EQ(check.rows, 3u);
  EXPECT_EQ(check.dropped, 2u);
  EXPECT_TRUE(cache_->find(sha256("whole"), Value()).value());
  EXPECT_EQ(cache_->contents().value().rows, 1u);
}

TEST_F(StepCacheTest, WhatAnInterruptedRunNeedsStays) {
  auto const key_of = [](std::string_view text) { return sha256(text); };
  auto const put = [&](std::string const& name, std::string const& run) {
    auto const blob = value::Blob::own(name + std::string(1000, 'b'), {});
    value::Value const outputs = Value::record({{"text", name + std::string(100'000, 't')}, {"blob", blob}});
    ASSERT_TRUE(cache_->put({{key_of(name), {outputs, {}}, Value(), run}}, {}));
  };
  put("shared", "");
  put("needed", "");
  put("of the run", "r1");
  put("of another run", "r2");
  ASSERT_TRUE(cache_->prune({.rows = 0, .artifacts = 0}, {{"r1"}, {key_of("needed")}, {}}, {}));
  EXPECT_FALSE(cache_->find(key_of("shared"), Value()).value());
  EXPECT_FALSE(cache_->find(key_of("of another run"), Value()).value());
  EXPECT_TRUE(cache_->find(key_of("needed"), Value()).value());
  EXPECT_TRUE(cache_->find(key_of("of the run"), Value()).value());

  ASSERT_TRUE(cache_->forget("r1"));
  EXPECT_FALSE(cache_->find(key_of("of the run"), Value()).value());
  EXPECT_TRUE(cache_->find(key_of("needed"), Value()).value());
}

}  // namespace
}  // namespace shoal::runtime
