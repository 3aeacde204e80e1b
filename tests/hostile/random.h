// Numbers from a seed, the same on every machine and by every standard library (splitmix64).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace shoal::hostile {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    auto mixed = state_ += 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return mixed ^ (mixed >> 31);
  }
  // Less than `end`, which is not 0.
  std::size_t below(std::size_t end) { return static_cast<std::size_t>(next() % end); }
  template <typename T> T const& pick(std::vector<T> const& all) { return all[below(all.size())]; }
  template <typename T> T& pick(std::vector<T>& all) { return all[below(all.size())]; }

 private:
  std::uint64_t state_;
};

}  // namespace shoal::hostile
