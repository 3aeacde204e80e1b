#include "host/memory_watch.h"

#include <algorithm>

namespace shoal::host {
namespace {

constexpr Duration kWhile = std::chrono::seconds(10);

}  // namespace

std::optional<WorkerId> MemoryWatch::look(std::vector<Use> const& uses, std::uint64_t limit,
                                          MonotonicTime now) {
  std::map<WorkerId, std::deque<Seen>> seen;
  std::uint64_t total = 0, most = 0;
  std::optional<WorkerId> grown;
  for (auto const& use : uses) {
    auto& history = seen[use.worker] = std::move(seen_[use.worker]);
    history.push_back({now, use.bytes});
    // The first one kept is the last that is old enough.
    while (history.size() > 1 && history[1].time + kWhile <= now) history.pop_front();
    total += use.bytes;
    // One that has just begun has grown by all it has.
    auto const before = history.front().time + kWhile <= now ? history.front().bytes : 0;
    auto const settled = std::max(before, use.promised);
    auto const growth = use.bytes > settled ? use.bytes - settled : 0;
    if (!grown || growth > most) grown = use.worker;
    most = std::max(most, growth);
  }
  seen_ = std::move(seen);
  return total > limit ? grown : std::nullopt;
}

}  // namespace shoal::host
