// Seeded schedules against the scheduler; a seed that breaks an invariant is printed with its last events.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/simulation/world.h"

namespace shoal::host {

// SHOAL_SIMULATION_SEEDS: how many schedules; SHOAL_SIMULATION_SEED: only this one.
inline void simulate(std::uint64_t seeds) {
  auto const number = [](char const* name) {
    char const* given = std::getenv(name);
    return given ? std::strtoull(given, nullptr, 10) : 0;
  };
  if (auto const given = number("SHOAL_SIMULATION_SEEDS")) seeds = given;
  auto const only = number("SHOAL_SIMULATION_SEED");
  for (std::uint64_t seed = only ? only : 1; seed <= (only ? only : seeds); ++seed) {
    auto const broken = World(seed).run(300);
    ASSERT_FALSE(broken) << "seed " << seed << ": " << *broken << "again: SHOAL_SIMULATION_SEED=" << seed
                         << " simulation_test";
  }
}

}  // namespace shoal::host
