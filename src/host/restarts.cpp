#include "host/restarts.h"

#include <algorithm>

namespace shoal::host {
namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(50);
constexpr Duration kLongestPause = std::chrono::seconds(10);
constexpr Duration kMinute = std::chrono::minutes(1);

}  // namespace

std::optional<MonotonicTime> Restarts::not_before(std::string const& slot) const {
  auto const found = slots_.find(slot);
  if (found == slots_.end()) return std::nullopt;
  auto const& [deaths, alone, pause, starts] = found->second;
  if (starts.size() < kStartsAMinute) return pause;
  auto const oldest_leaves = starts.front() + kMinute;
  return std::max(oldest_leaves, pause.value_or(oldest_leaves));
}

void Restarts::started(std::string const& name, MonotonicTime now) {
  auto& slot = slots_[name];
  slot.pause.reset();
  slot.starts.push_back(now);
  while (slot.starts.size() > kStartsAMinute) slot.starts.pop_front();
  while (slot.starts.front() + kMinute < now) slot.starts.pop_front();
}

int Restarts::died(std::string const& name, MonotonicTime now, bool alone) {
  auto& slot = slots_[name];
  slot.deaths += 1;
  if (alone) slot.alone += 1;
  slot.pause = now + std::min(kFirstPause * (1 << std::min(slot.deaths - 1, 10)), kLongestPause);
  return slot.alone;
}

void Restarts::works(std::string const& name) {
  auto const found = slots_.find(name);
  if (found == slots_.end()) return;
  found->second.deaths = found->second.alone = 0;
  found->second.pause.reset();
}

void Restarts::forget(std::string const& slot) { slots_.erase(slot); }

}  // namespace shoal::host
