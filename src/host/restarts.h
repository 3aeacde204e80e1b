// When a slot (what one worker serves) may have its next worker: after a pause that grows with each death in
// a row, and so many times a minute at most. Part of the scheduler; one thread.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "base/time.h"

namespace shoal::host {

class Restarts {
 public:
  // A worker that dies so often without finishing anything is not started again for the jobs that wait.
  static constexpr int kDeathsInARow = 3;
  static constexpr int kStartsAMinute = 30;

  // When the next worker may start; nothing: at once.
  std::optional<MonotonicTime> not_before(std::string const& slot) const;
  void started(std::string const& slot, MonotonicTime now);
  // Died by itself. `alone`: no job and no load is to blame. Gives how often it died so in a row.
  int died(std::string const& slot, MonotonicTime now, bool alone);
  // A worker of it has answered.
  void works(std::string const& slot);
  // Its jobs were failed: the next one begins anew.
  void forget(std::string const& slot);

 private:
  struct Slot {
    int deaths = 0;  // since something was answered
    int alone = 0;   // of them, those that nothing else is to blame for
    std::optional<MonotonicTime> pause;
    std::deque<MonotonicTime> starts;
  };
  std::map<std::string, Slot> slots_;
};

}  // namespace shoal::host
