// Who may compute with how many of the machine's cores: the sum over all workers, counting what they were
// told to give back and still may use, is never more than there are. Part of the scheduler; one thread.
//
// Cores of a worker without jobs are free at once: it cannot compute before the next job, and the frame with
// its new lease comes before that. Those of a busy one are free when it has answered the last SetCores.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "host/event.h"

namespace shoal::host {

class CoreLeases {
 public:
  explicit CoreLeases(int cores) : cores_(cores) {}

  struct Demand {
    int needed = 0;  // that it cannot do without; 0: it has no jobs
    int wished = 0;  // that it could use
  };
  void add(WorkerId worker) { workers_[worker]; }
  void remove(WorkerId worker) { workers_.erase(worker); }
  // What its jobs need and wish for from now on.
  void set_demand(WorkerId worker, Demand demand) { workers_.at(worker).demand = demand; }
  // Tries to give what one more job would demand; false where it has to wait for others to give back.
  bool lease(WorkerId worker, Demand demand);
  // A worker obeyed one SetCores.
  void returned(WorkerId worker);
  // What nobody waits for goes to workers that can use it.
  void widen();

  int total() const { return cores_; }
  int leased() const { return cores_ - free(); }
  // Told last.
  int cores_of(WorkerId worker) const { return workers_.at(worker).cores; }
  // With what it may still use.
  int held_by(WorkerId worker) const { return workers_.at(worker).cores + workers_.at(worker).returning; }
  // To be told, in order, since the last time.
  std::vector<SetCores> take_changes() { return std::exchange(changes_, {}); }

 private:
  struct Lease {
    int cores = 0;
    int returning = 0;   // told to give back, not yet obeyed
    int unanswered = 0;  // SetCores without their CoresReturned
    Demand demand;
  };
  enum class From { idle_workers, all_workers };

  int free() const;
  void take(WorkerId worker, int cores);
  void reclaim(int wanted, From from);

  int cores_;
  std::map<WorkerId, Lease> workers_;
  std::vector<SetCores> changes_;
};

}  // namespace shoal::host
