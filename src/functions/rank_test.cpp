#include <gtest/gtest.h>

#include "functions/test_call.h"

namespace shoal::functions {
namespace {

using value::Value;

Value letters() { return Value::list({"a", "b", "c"}); }

TEST(Rank, TheHighestScoreComesFirstAndEqualOnesKeepTheirOrder) {
  auto const ranked =
      call("rank", Value::record({{"items", letters()}, {"scores", Value::list({1, 2.5, 1})}})).value();
  EXPECT_EQ(ranked["items"], Value::list({"b", "a", "c"}));
}

TEST(Rank, ScoresMayBeFieldsAndOnlyTheTopIsKept) {
  auto const scores = Value::list({Value::record({{"logprob", -3.0}}), Value::record({{"logprob", -1.0}}),
                                   Value::record({{"logprob", -2.0}})});
  auto const ranked =
      call("rank", Value::record({{"items", letters()}, {"scores", scores}, {"by", "logprob"}, {"top", 2}}))
          .value();
  EXPECT_EQ(ranked["items"], Value::list({"b", "c"}));
}

TEST(Rank, BlendLetsTheGivenOrderDecideWhereScoresAreNear) {
  // By score c, b, a; by the given order a, b, c: with a great weight the given order wins.
  auto const ranked =
      call("rank", Value::record({{"items", letters()}, {"scores", Value::list({1, 2, 3})}, {"blend", 10.0}}))
          .value();
  EXPECT_EQ(ranked["items"], letters());
}

TEST(Rank, WhatDoesNotBeatTheBaselineByTheMarginIsLeftOut) {
  auto const ranked = call("rank", Value::record({{"items", letters()},
                                                  {"scores", Value::list({-3.0, -1.0, -1.5})},
                                                  {"baseline", -2.5},
                                                  {"margin", 1.0}}))
                          .value();
  EXPECT_EQ(ranked["items"], Value::list({"b"}));
}

TEST(Rank, EachItemNeedsAScore) {
  EXPECT_FALSE(call("rank", Value::record({{"items", letters()}, {"scores", Value::list({1})}})));
  EXPECT_FALSE(call("rank", Value::record({{"items", letters()}, {"scores", Value::list({1, 2, "x"})}})));
}

}  // namespace
}  // namespace shoal::functions
