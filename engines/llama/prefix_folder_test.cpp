#include "engines/llama/prefix_folder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/text.h"
#include "engines/llama/testing.h"
#include "value/json.h"

namespace shoal::llama_engine {
namespace {

namespace fs = std::filesystem;
using testing::call;
using testing::TemporaryFolder;
using value::Value;

constexpr std::uint64_t kMuch = 1 << 20;

std::vector<fs::path> files_in(std::string const& folder) {
  std::vector<fs::path> files;
  for (auto const& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  return files;
}

TEST(PrefixFolder, GivesTheLongestBeginningAlsoAfterARestart) {
  TemporaryFolder const folder;
  {
    PrefixFolder kept(folder.path(), "model", kMuch);
    kept.save(Tokens{1, 2, 3}, "three");
    kept.save(Tokens{1, 2, 3, 4, 5}, "five");
    kept.save(Tokens{1, 2, 3, 9}, "other");
  }
  PrefixFolder kept(folder.path(), "model", kMuch);
  auto const found = kept.find(Tokens{1, 2, 3, 4, 5, 6}, 1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, "five");
  EXPECT_EQ(found->tokens, (Tokens{1, 2, 3, 4, 5}));
  EXPECT_EQ(kept.find(Tokens{1, 2, 3, 4}, 1)->state, "three") << "only what is whole serves";
  EXPECT_FALSE(kept.find(Tokens{1, 2, 3, 4}, 4));
  EXPECT_FALSE(kept.find(Tokens{1, 2}, 1));
  EXPECT_TRUE(kept.has(Tokens{1, 2, 3}));
  EXPECT_FALSE(kept.has(Tokens{1, 2}));
}

TEST(PrefixFolder, WhatFitsAnotherModelOrIsDamagedIsNotUsed) {
  TemporaryFolder const folder;
  PrefixFolder(folder.path(), "model", kMuch).save(Tokens{1, 2}, "state");
  PrefixFolder kept(folder.path(), "model", kMuch);
  auto const file = files_in(folder.path()).at(0);
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(-1, std::ios::end).put('X');
  EXPECT_FALSE(kept.find(Tokens{1, 2, 3}, 1));
  EXPECT_TRUE(files_in(folder.path()).empty());

  kept.save(Tokens{1, 2}, "state");
  std::ofstream(folder.path() + "/half.prefix.new") << "shoalpf1";
  EXPECT_FALSE(PrefixFolder(folder.path(), "another", kMuch).find(Tokens{1, 2, 3}, 1));
  EXPECT_TRUE(files_in(folder.path()).empty());
}

TEST(PrefixFolder, KeepsItsBound) {
  TemporaryFolder const folder;
  PrefixFolder kept(folder.path(), "model", 1000);
  for (Token i = 0; i < 10; ++i) {
    kept.save(Tokens{i, i}, std::string(300, 'x'));
    kept.find(Tokens{0, 0, 0}, 1);
  }
  EXPECT_EQ(files_in(folder.path()).size(), 2U);
  EXPECT_TRUE(kept.has(Tokens{0, 0})) << "it was used last";
  kept.save(Tokens{50, 50}, std::string(2000, 'x'));
  EXPECT_FALSE(kept.has(Tokens{50, 50}));
  PrefixFolder nothing("", "model", kMuch);
  nothing.save(Tokens{1}, "x");
  EXPECT_FALSE(nothing.find(Tokens{1, 2}, 1));
}

std::string instructions() {
  std::string text = "You file letters for a harbour office. ";
  for (int i = 0; i < 24; ++i)
    text += "Rule " + std::to_string(i) + ": a letter about boats, nets or the quay goes into drawer " +
            std::to_string(i * 7 % 10) + ". ";
  return text;
}

TEST(LlamaPrefix, IsKeptOverARestart) {
  SKIP_WITHOUT_SMOLLM2();
  TemporaryFolder const folder;
  auto const inputs = [](char const* prompt) {
    return Value::record({{"prefix", instructions()},
                          {"prompt", prompt},
                          {"raw", true},
                          {"max_tokens", 12},
                          {"probabilities", true}});
  };
  auto const first =
      call(*testing::load_smollm2({}, folder.path()), "generate", inputs("A letter about fish"));
  ASSERT_OK(first);
  EXPECT_EQ(files_in(folder.path()).size(), 1U);

  auto const model = testing::load_smollm2({}, folder.path());
  auto const warm = call(*model, "generate", inputs("The old lighthouse"));
  ASSERT_OK(warm);
  auto const prefix = call(*model, "count", Value::record({{"text", instructions()}}));
  ASSERT_OK(prefix);
  EXPECT_GE(warm->evidence["tokens_reused"].as_integer(), prefix->outputs["tokens"].as_integer() - 2);
  auto const cold = call(*model, "generate", inputs("The old lighthouse").with("deterministic", true));
  ASSERT_OK(cold);
  EXPECT_EQ(cold->evidence["tokens_reused"], Json(0));
  testing::expect_same_but_for_a_near_tie(instructions() + "The old lighthouse", *cold, *warm);
}

TEST(LlamaPrefix, ASystemTextIsKeptWhenItComesAgain) {
  SKIP_WITHOUT_SMOLLM2();
  TemporaryFolder const folder;
  auto const model = testing::load_smollm2({}, folder.path());
  auto const ask = [&](char const* prompt) {
    return call(*model, "generate",
                Value::record({{"system", instructions()}, {"prompt", prompt}, {"max_tokens", 1}}));
  };
  ASSERT_OK(ask("A letter about fish"));
  EXPECT_TRUE(files_in(folder.path()).empty());
  ASSERT_OK(ask("A letter about the moon"));
  EXPECT_EQ(files_in(folder.path()).size(), 1U);
  auto const after =
      call(*testing::load_smollm2({}, folder.path()), "generate",
           Value::record(
               {{"messages", Value::list({Value::record({{"role", "system"}, {"content", instructions()}}),
                                          Value::record({{"role", "user"}, {"content", "What?"}})})},
                {"max_tokens", 1}}));
  ASSERT_OK(after);
  EXPECT_GT(after->evidence["tokens_reused"].as_integer(), 300) << "messages begin with the same tokens";
}

}  // namespace
}  // namespace shoal::llama_engine
