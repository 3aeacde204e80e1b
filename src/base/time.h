// Time as an argument: nothing below the apps reads a clock by itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace shoal {

using Duration = std::chrono::nanoseconds;
// A point of the monotonic clock: for intervals, deadlines and order.
using MonotonicTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;
// A point of the calendar, for people and for files.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonotonicTime now() const = 0;
  virtual WallTime wall() const = 0;
};

// The machine's clocks. Any thread.
class SystemClock final : public Clock {
 public:
  MonotonicTime now() const override;
  WallTime wall() const override;
};

inline double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }
inline Duration from_seconds(double value) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value));
}
// RFC 3339 in UTC, to the second: "2026-11-24T05:28:54Z".
std::string to_rfc3339(WallTime time);

}  // namespace shoal
