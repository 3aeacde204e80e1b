// A value and the mutex that protects it, so that neither is used without the other.
#pragma once

#include <mutex>
#include <utility>

namespace shoal {

template <typename T> class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  // Calls `use(value)` while the mutex is held. Keep it short; do not call out to others from it.
  template <typename Use> decltype(auto) with(Use&& use) {
    std::lock_guard lock(mutex_);
    return std::forward<Use>(use)(value_);
  }
  template <typename Use> decltype(auto) with(Use&& use) const {
    std::lock_guard lock(mutex_);
    return std::forward<Use>(use)(value_);
  }

 private:
  mutable std::mutex mutex_;
  T value_{};
};

}  // namespace shoal
