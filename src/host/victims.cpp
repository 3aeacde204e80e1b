#include "host/victims.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace shoal::host {
namespace {

constexpr double kHalfLifeSeconds = 600;
constexpr double kLeastLoadSeconds = 0.01;

bool enough(std::vector<Candidate> const& chosen, Bytes const& missing) {
  for (std::size_t device = 0; device < missing.size(); ++device) {
    std::uint64_t given = 0;
    for (auto const& each : chosen) given += device < each.bytes.size() ? each.bytes[device] : 0;
    if (given < missing[device]) return false;
  }
  return true;
}

}  // namespace

double use_weight(Duration age) { return std::exp2(-std::max(0.0, seconds(age)) / kHalfLifeSeconds); }

double value_of(Candidate const& candidate) {
  auto const bytes = std::accumulate(candidate.bytes.begin(), candidate.bytes.end(), std::uint64_t{0});
  auto const chance = candidate.uses / (1 + candidate.uses);
  return std::max(candidate.load_seconds, kLeastLoadSeconds) * chance /
         static_cast<double>(std::max<std::uint64_t>(bytes, 1));
}

std::optional<std::vector<Candidate>> choose_victims(std::vector<Candidate> candidates,
                                                     Bytes const& missing) {
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](auto const& a, auto const& b) { return value_of(a) < value_of(b); });
  std::vector<Candidate> chosen;
  for (auto& candidate : candidates) {
    if (enough(chosen, missing)) break;
    chosen.push_back(std::move(candidate));
  }
  if (!enough(chosen, missing)) return std::nullopt;
  // The most valuable first: a large one that came last may do alone.
  for (auto each = chosen.size(); each-- > 0;) {
    auto fewer = chosen;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(each));
    if (enough(fewer, missing)) chosen = std::move(fewer);
  }
  return chosen;
}

}  // namespace shoal::host
