// Who is ended when workers take more memory than all of them together may: whoever grew, not whoever is
// large. A worker that has what its models were known to need, or has had for a while what it has, is not the
// cause. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "host/job.h"

namespace shoal::host {

class MemoryWatch {
 public:
  struct Use {
    WorkerId worker = 0;
    std::uint64_t bytes = 0;     // that no file backs
    std::uint64_t promised = 0;  // that its models were granted
  };
  // One look at all workers. Gives who is to be ended where together they take more than `limit`.
  std::optional<WorkerId> look(std::vector<Use> const& uses, std::uint64_t limit, MonotonicTime now);

 private:
  struct Seen {
    MonotonicTime time;
    std::uint64_t bytes;
  };
  std::map<WorkerId, std::deque<Seen>> seen_;  // of the last while
};

}  // namespace shoal::host
