#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/hostile/gguf_run.h"

namespace shoal::hostile {
namespace {

// With SHOAL_HOSTILE_SEED in the environment only the file of that seed, as a failure names it.
TEST(HostileGguf, EachOf2120RunsOrIsRefusedWithWords) {
  auto const* seed = std::getenv("SHOAL_HOSTILE_SEED");
  auto const counts = seed ? run_gguf_cases(std::strtoull(seed, nullptr, 10), 1) : run_gguf_cases(0, 2120);
  EXPECT_EQ(counts.hangs, 0);
  EXPECT_EQ(counts.silent, 0);
}

}  // namespace
}  // namespace shoal::hostile
