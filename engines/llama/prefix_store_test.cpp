#include "engines/llama/prefix_store.h"

#include <gtest/gtest.h>

namespace shoal::llama_engine {
namespace {

std::string state_of(std::size_t bytes) { return std::string(bytes, 's'); }

TEST(PrefixStore, FindsWhatHasMostInCommon) {
  PrefixStore store(10'000);
  store.put(Tokens{1, 2, 3, 4}, 4, "a");
  store.put(Tokens{1, 2, 5}, 0, "b");
  auto const found = store.find(Tokens{1, 2, 3, 9, 9});
  ASSERT_TRUE(found);
  EXPECT_EQ(*found->state, "a");
  EXPECT_EQ(found->alike, 4);
  EXPECT_EQ(common_prefix(found->tokens, Tokens{1, 2, 3, 9, 9}), 3);
  EXPECT_FALSE(store.find(Tokens{7, 2}));
}

TEST(PrefixStore, WhatWasNotUsedLongestGoesFirst) {
  PrefixStore store(1000);
  store.put(Tokens{1}, 1, state_of(400));
  store.put(Tokens{2}, 1, state_of(400));
  EXPECT_TRUE(store.find(Tokens{1, 9}));
  store.put(Tokens{3}, 1, state_of(400));
  EXPECT_TRUE(store.find(Tokens{1, 9}));
  EXPECT_FALSE(store.find(Tokens{2, 9}));
  EXPECT_TRUE(store.find(Tokens{3, 9}));
  EXPECT_LE(store.bytes(), 1000U);
  EXPECT_GE(store.bytes(), 800U);
}

TEST(PrefixStore, ALongerOneTakesThePlaceOfItsBeginning) {
  PrefixStore store(1000);
  store.put(Tokens{1, 2}, 2, state_of(100));
  store.put(Tokens{1, 2, 3}, 3, state_of(200));
  EXPECT_LT(store.bytes(), 250U);
  EXPECT_EQ(store.find(Tokens{1})->tokens.size(), 3U);
}

TEST(PrefixStore, WhatIsLargerThanAllIsNotKept) {
  PrefixStore store(1000);
  store.put(Tokens{1}, 1, state_of(100));
  store.put(Tokens{2}, 1, state_of(2000));
  EXPECT_FALSE(store.find(Tokens{2}));
  EXPECT_TRUE(store.find(Tokens{1}));
}

}  // namespace
}  // namespace shoal::llama_engine
