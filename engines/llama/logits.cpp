#include "engines/llama/logits.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace shoal::llama_engine {
namespace {

// So many independent lanes that the compiler may use any vector width without reordering a sum.
constexpr std::size_t kLanes = 16;
// After so many values the lanes are added in double precision: long sums of floats lose digits.
constexpr std::size_t kBlock = 32 * kLanes;

float largest(std::span<float const> values) {
  std::array<float, kLanes> lanes;
  lanes.fill(values[0]);
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      lanes[lane] = values[i + lane] > lanes[lane] ? values[i + lane] : lanes[lane];
  }
  auto result = *std::max_element(lanes.begin(), lanes.end());
  for (; i < values.size(); ++i) result = std::max(result, values[i]);
  return result;
}

// exp(x) for x ≤ 0, relative error below 2e-7; 0 below -87. Without branches, so that it vectorises:
// exp(x) = 2^n · 2^f with f in [-0.5, 0.5], 2^f by its Taylor polynomial.
inline float exp_of_negative(float x) {
  x = x < -87.0F ? -87.0F : x;
  float const scaled = x * 1.44269504F;
  auto const n = static_cast<std::int32_t>(scaled - 0.5F);
  float const f = (scaled - static_cast<float>(n)) * 0.693147181F;
  float const power =
      1.0F + f * (1.0F + f * (0.5F + f * (0.166666667F +
                                          f * (0.0416666667F + f * (0.00833333333F + f * 0.00138888889F)))));
  return power * std::bit_cast<float>((n + 127) << 23);
}

}  // namespace

Token likeliest(std::span<float const> logits) {
  auto const best = largest(logits);
  return static_cast<Token>(std::find(logits.begin(), logits.end(), best) - logits.begin());
}

double log_sum_exp(std::span<float const> logits) {
  auto const best = largest(logits);
  double sum = 0;
  std::size_t i = 0;
  for (; i + kBlock <= logits.size(); i += kBlock) {
    std::array<float, kLanes> lanes{};
    for (std::size_t j = i; j < i + kBlock; j += kLanes) {
      for (std::size_t lane = 0; lane < kLanes; ++lane)
        lanes[lane] += exp_of_negative(logits[j + lane] - best);
    }
    for (auto const lane : lanes) sum += static_cast<double>(lane);
  }
  for (; i < logits.size(); ++i) sum += std::exp(static_cast<double>(logits[i] - best));
  return static_cast<double>(best) + std::log(sum);
}

}  // namespace shoal::llama_engine
