// Seeded schedules against the scheduler; of a seed that breaks an invariant a short replay is printed.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>

#include "tests/simulation/world.h"

namespace shoal::host {

inline constexpr int kSteps = 300;  // of a schedule

// SHOAL_SIMULATION_SEEDS: how many schedules; SHOAL_SIMULATION_SEED: only this one.
inline void simulate(std::uint64_t seeds) {
  auto const number = [](char const* name) {
    char const* given = std::getenv(name);
    return given ? std::strtoull(given, nullptr, 10) : 0;
  };
  if (auto const given = number("SHOAL_SIMULATION_SEEDS")) seeds = given;
  auto const only = number("SHOAL_SIMULATION_SEED");
  for (std::uint64_t seed = only ? only : 1; seed <= (only ? only : seeds); ++seed) {
    std::vector<int> steps(kSteps);
    std::iota(steps.begin(), steps.end(), 0);
    if (!World(seed).run(steps)) continue;
    auto const few = shrink(seed, kSteps);
    FAIL() << "seed " << seed << ", " << few.size() << " of its " << kSteps
           << " steps: " << World(seed).run(few).value() << "again: SHOAL_SIMULATION_SEED=" << seed
           << " simulation_test";
  }
}

}  // namespace shoal::host
