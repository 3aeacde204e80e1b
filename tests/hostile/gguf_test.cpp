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

TEST(HostileGguf, AModelInTwoFilesAnswersAsInOne) {
  auto const split = load_in_parts();
  EXPECT_TRUE(split.in_one_file.starts_with("{")) << split.in_one_file;
  EXPECT_EQ(split.in_two_files, split.in_one_file);
  EXPECT_NE(split.with_one_missing.find("is split into 2 files, and 1 came"), std::string::npos)
      << split.with_one_missing;
  EXPECT_FALSE(split.with_a_foreign_part.starts_with("{")) << split.with_a_foreign_part;
  // A load's error names its model once.
  EXPECT_EQ(split.with_one_missing.find("loading lone: "), split.with_one_missing.rfind("loading lone: "));
}

TEST(HostileGguf, AModelThatTheMachineCannotHoldIsRefusedBeforeItIsLoaded) {
  auto const words = load_with_memory(100 << 10);
  EXPECT_NE(words.find(" can be had"), std::string::npos) << words;
  EXPECT_NE(words.find("context of 256 tokens"), std::string::npos) << words;
  EXPECT_EQ(load_with_memory(100 << 20), "");
}

}  // namespace
}  // namespace shoal::hostile
