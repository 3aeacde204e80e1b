// The order in which steps can run, and the circles that have none. Both walk without recursion.
#pragma once

#include <cstdint>
#include <vector>

namespace shoal::graph {

struct Order {
  // Every step once: each behind its dependencies, in the order of the document where that leaves a
  // choice; the steps in and behind circles are last.
  std::vector<std::uint32_t> steps;
  // Each as the steps of a way around: every one depends on the next, the last on the first.
  std::vector<std::vector<std::uint32_t>> circles;
};

Order find_order(std::vector<std::vector<std::uint32_t>> const& dependencies);

}  // namespace shoal::graph
