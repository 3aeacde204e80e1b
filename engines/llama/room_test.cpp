#include "engines/llama/room.h"

#include <gtest/gtest.h>

namespace shoal::llama_engine {
namespace {

TEST(Room, WhatFitsIsTaken) {
  Room const room{100, 200};
  EXPECT_TRUE(room.check(60, 40, "the prompt"));
  EXPECT_TRUE(room.check(100, 0, "the prompt"));
}

TEST(Room, WhatDoesNotFitIsSaidWithTheRemedy) {
  Room const room{100, 200};
  auto const refused = room.check(90, 20, "the prompt");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::invalid_argument);
  EXPECT_EQ(refused.error().message(),
            "needs 110 tokens (the prompt 90, max_tokens 20), available 100: shorten the prompt by 10, or "
            "ask for max_tokens "
            "10, or load the model with the option `context` (up to 200)");
}

TEST(Room, NoLargerContextIsOfferedThanWasTrained) {
  auto const refused = Room{100, 100}.check(101, 0, "the text");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message().find("option `context`"), std::string::npos)
      << refused.error().message();
}

}  // namespace
}  // namespace shoal::llama_engine
