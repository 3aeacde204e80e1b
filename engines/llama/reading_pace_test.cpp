#include "engines/llama/reading_pace.h"

#include <gtest/gtest.h>

namespace shoal::llama_engine {
namespace {

constexpr int kMost = 512;

// After steps of both kinds on a machine where they take so long.
ReadingPace paced(double step_ms, double row_ms) {
  ReadingPace pace(30);
  for (int i = 0; i < 100; ++i) {
    pace.learn(1, step_ms);
    auto const rows = pace.rows(kMost, true);
    pace.learn(rows, step_ms + rows * row_ms);
  }
  return pace;
}

TEST(ReadingPace, TokensAreLateByNoMoreThanTheGap) {
  EXPECT_NEAR(paced(10, 2).rows(kMost, true), 100, 5);
  EXPECT_EQ(paced(10, 0.1).rows(kMost, true), kMost);
  EXPECT_EQ(paced(10, 100).rows(kMost, true), 16);
}

TEST(ReadingPace, WhereStepsAreLongAnywayReadingGoesOn) {
  // Steps of a second: rows for a second more, not the fewest.
  EXPECT_NEAR(paced(1000, 10).rows(kMost, true), 100, 5);
}

TEST(ReadingPace, AMachineThatBecomesFasterIsNoticed) {
  auto pace = paced(1000, 10);
  for (int i = 0; i < 100; ++i) {
    auto const rows = pace.rows(kMost, true);
    pace.learn(rows, 10 + rows * 10);
    pace.learn(1, 10);
  }
  EXPECT_NEAR(pace.rows(kMost, true), 20, 2);
}

TEST(ReadingPace, AloneItReadsAsMuchAsACancelMayWaitFor) {
  EXPECT_EQ(paced(10, 1).rows(kMost, false), kMost);
  EXPECT_EQ(paced(10, 20).rows(kMost, false), 128);  // of 162, in steps of 64
  EXPECT_EQ(paced(10, 500).rows(kMost, false), 64);
}

}  // namespace
}  // namespace shoal::llama_engine
