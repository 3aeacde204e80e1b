#include "graph/order.h"

#include <algorithm>
#include <functional>
#include <queue>

namespace shoal::graph {
namespace {

using Indices = std::vector<std::uint32_t>;

// Follows dependencies from every step that is left until a walk meets itself.
std::vector<Indices> find_circles(std::vector<Indices> const& dependencies,
                                  std::vector<bool> const& is_left) {
  std::vector<Indices> circles;
  Indices walk_of(dependencies.size(), 0);
  std::uint32_t walk = 0;
  for (std::uint32_t start = 0; start < dependencies.size(); ++start) {
    if (!is_left[start] || walk_of[start] != 0) continue;
    ++walk;
    Indices path;
    auto step = start;
    while (walk_of[step] == 0) {
      walk_of[step] = walk;
      path.push_back(step);
      auto const& next = dependencies[step];
      step = *std::find_if(next.begin(), next.end(), [&](auto index) { return is_left[index]; });
    }
    if (walk_of[step] != walk) continue;
    path.erase(path.begin(), std::find(path.begin(), path.end(), step));
    std::rotate(path.begin(), std::min_element(path.begin(), path.end()), path.end());
    circles.push_back(std::move(path));
  }
  return circles;
}

}  // namespace

// Kahn's algorithm, the first of the document first.
Order find_order(std::vector<Indices> const& dependencies) {
  auto count = static_cast<std::uint32_t>(dependencies.size());
  std::vector<Indices> dependents(count);
  Indices waits_for(count);
  std::priority_queue<std::uint32_t, Indices, std::greater<>> ready;
  for (std::uint32_t step = 0; step < count; ++step) {
    waits_for[step] = static_cast<std::uint32_t>(dependencies[step].size());
    for (auto dependency : dependencies[step]) dependents[dependency].push_back(step);
    if (dependencies[step].empty()) ready.push(step);
  }
  Order order;
  std::vector<bool> is_left(count, true);
  while (!ready.empty()) {
    auto step = ready.top();
    ready.pop();
    order.steps.push_back(step);
    is_left[step] = false;
    for (auto dependent : dependents[step]) {
      if (--waits_for[dependent] == 0) ready.push(dependent);
    }
  }
  if (order.steps.size() == count) return order;
  order.circles = find_circles(dependencies, is_left);
  for (std::uint32_t step = 0; step < count; ++step) {
    if (is_left[step]) order.steps.push_back(step);
  }
  return order;
}

}  // namespace shoal::graph
