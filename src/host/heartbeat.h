// Whether a worker lives: it says hello, answers pings, and while it has calls its process does something. A
// busy worker is not taken for a dead one: its main thread answers, and who computes uses the processor. One
// thread.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"

namespace shoal::host {

class Heartbeat {
 public:
  struct Patience {
    Duration hello = std::chrono::seconds(10);
    Duration ping_interval = std::chrono::seconds(2);
    Duration ping = std::chrono::seconds(20);
    // With calls, without using the processor at all.
    Duration idle = std::chrono::minutes(5);
  };
  Heartbeat(Patience patience, MonotonicTime started)
      : patience_(patience), started_(started), last_ping_(started), heard_(started), worked_(started) {}

  void said_hello() { greeted_ = true; }
  void heard(MonotonicTime now) { heard_ = now; }
  void pinged(MonotonicTime now) { last_ping_ = now; }
  // What the process has used of the processor so far.
  void used(double cpu_seconds, bool has_calls, MonotonicTime now);

  bool wants_ping(MonotonicTime now) const;
  // Why it is taken for dead, if it is: "did not answer for 20 s".
  std::optional<std::string> complaint(MonotonicTime now) const;

 private:
  bool answered() const { return heard_ >= last_ping_; }

  Patience patience_;
  MonotonicTime started_, last_ping_, heard_, worked_;
  double cpu_seconds_ = 0;
  bool greeted_ = false;
};

}  // namespace shoal::host
