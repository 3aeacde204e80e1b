// The first mutated GGUF files; gguf_long_test has all of them.
#include <gtest/gtest.h>

#include "tests/hostile/gguf_run.h"

namespace shoal::hostile {
namespace {

TEST(HostileGguf, EachOfTheFirstRunsOrIsRefusedWithWords) {
  auto const counts = run_gguf_cases(0, 106);
  EXPECT_EQ(counts.hangs, 0);
  EXPECT_EQ(counts.silent, 0);
  EXPECT_GT(counts.ran, 10);
  EXPECT_GT(counts.refused, 50);
}

TEST(HostileGguf, AModelThatTheMachineCannotHoldIsRefusedBeforeItIsLoaded) {
  auto const words = load_with_memory(100 << 10);
  EXPECT_NE(words.find(" can be had"), std::string::npos) << words;
  EXPECT_NE(words.find("context of 256 tokens"), std::string::npos) << words;
  EXPECT_EQ(load_with_memory(100 << 20), "");
}

}  // namespace
}  // namespace shoal::hostile
