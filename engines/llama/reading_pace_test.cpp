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
    auto const rows = pace.rows_beside_others(kMost, 1);
    pace.learn(rows, step_ms + rows * row_ms);
  }
  return pace;
}

TEST(ReadingPace, TokensAreLateByNoMoreThanTheGap) {
  EXPECT_NEAR(paced(10, 2).rows_beside_others(kMost, 1), 100, 5);
  EXPECT_EQ(paced(10, 0.1).rows_beside_others(kMost, 1), kMost);
  EXPECT_EQ(paced(10, 100).rows_beside_others(kMost, 1), 16);
}

TEST(ReadingPace, TheMoreReadTheLaterATokenMayBe) {
  EXPECT_NEAR(paced(10, 8).rows_beside_others(kMost, 3), 125, 6);
  EXPECT_NEAR(paced(10, 8).rows_beside_others(kMost, 7), 250, 12);
}

TEST(ReadingPace, WhereStepsAreLongAnywayReadingGoesOn) {
  // Steps of a second: rows for a second more, not the fewest.
  EXPECT_NEAR(paced(1000, 10).rows_beside_others(kMost, 1), 100, 5);
}

TEST(ReadingPace, AMachineThatBecomesFasterIsNoticed) {
  auto pace = paced(1000, 10);
  for (int i = 0; i < 100; ++i) {
    auto const rows = pace.rows_beside_others(kMost, 1);
    pace.learn(rows, 10 + rows * 10);
    pace.learn(1, 10);
  }
  EXPECT_NEAR(pace.rows_beside_others(kMost, 1), 20, 2);
}

TEST(ReadingPace, AloneItReadsAsMuchAsACancelMayWaitFor) {
  EXPECT_EQ(paced(10, 1).rows(kMost), kMost);
  EXPECT_EQ(paced(10, 20).rows(kMost), 128);  // of 162, in steps of 64
  EXPECT_EQ(paced(10, 500).rows(kMost), 64);
}

}  // namespace
}  // namespace shoal::llama_engine
