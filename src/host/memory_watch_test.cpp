#include "host/memory_watch.h"

#include <gtest/gtest.h>

namespace shoal::host {
namespace {

MonotonicTime at(int seconds_) { return MonotonicTime() + std::chrono::seconds(seconds_); }

TEST(MemoryWatch, WhoGrewIsEndedAndNotWhoIsLarge) {
  MemoryWatch watch;
  for (int second = 0; second < 20; ++second)
    EXPECT_FALSE(watch.look({{1, 700, 0}, {2, 100, 0}}, 1000, at(second)));
  EXPECT_EQ(watch.look({{1, 700, 0}, {2, 350, 0}}, 1000, at(20)), 2u);
}

TEST(MemoryWatch, WhoLeaksSlowlyHasGrownToo) {
  MemoryWatch watch;
  std::optional<WorkerId> ended;
  for (int second = 0; second < 1000 && !ended; ++second)
    ended = watch.look({{1, 700, 0}, {2, 100 + static_cast<std::uint64_t>(second), 0}}, 1000, at(second));
  EXPECT_EQ(ended, 2u);
}

TEST(MemoryWatch, WhatWasGrantedIsNoGrowth) {
  MemoryWatch watch;
  EXPECT_FALSE(watch.look({{1, 10, 800}, {2, 100, 0}}, 1000, at(0)));
  EXPECT_EQ(watch.look({{1, 790, 800}, {2, 250, 0}}, 1000, at(1)), 2u);
  EXPECT_EQ(watch.look({{1, 990, 800}, {2, 150, 0}}, 1000, at(2)), 1u);
}

}  // namespace
}  // namespace shoal::host
