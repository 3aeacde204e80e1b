#include "engines/llama/logits.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace shoal::llama_engine {
namespace {

std::vector<float> random_logits(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 4);
  std::vector<float> logits(size);
  for (auto& logit : logits) logit = normal(random);
  return logits;
}

double reference(std::vector<float> const& logits) {
  double sum = 0;
  for (auto const logit : logits) sum += std::exp(static_cast<double>(logit));
  return std::log(sum);
}

TEST(Logits, SumEqualsTheDoubleArithmetic) {
  for (std::size_t size : {1UL, 5UL, 16UL, 17UL, 49152UL, 151936UL}) {
    auto const logits = random_logits(size, static_cast<unsigned>(size));
    EXPECT_NEAR(log_sum_exp(logits), reference(logits), 1e-6) << size;
  }
}

TEST(Logits, ImpossibleTokensAddNothing) {
  std::vector<float> logits(40, -std::numeric_limits<float>::infinity());
  logits[7] = 3;
  logits[33] = 3;
  EXPECT_NEAR(log_sum_exp(logits), 3 + std::log(2.0), 1e-6);
  EXPECT_NEAR(log_probability(logits, 33), std::log(0.5), 1e-6);
}

TEST(Logits, NotANumberIsSeen) {
  std::vector<float> logits(40, 1);
  logits[20] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(std::isfinite(log_sum_exp(logits)));
}

TEST(Logits, TheFirstOfTheLargestIsTheLikeliest) {
  auto logits = random_logits(1000, 1);
  logits[999] = logits[300] = 100;
  EXPECT_EQ(likeliest(logits), 300);
  logits[300] = 0;
  EXPECT_EQ(likeliest(logits), 999);
}

}  // namespace
}  // namespace shoal::llama_engine
