#include "host/core_leases.h"

#include <algorithm>

namespace shoal::host {

int CoreLeases::free() const {
  int free = cores_;
  for (auto const& [id, lease] : workers_) free -= lease.cores + lease.returning;
  return free;
}

bool CoreLeases::lease(WorkerId worker, Demand demand) {
  auto const& own = workers_.at(worker);
  reclaim(demand.wished - own.cores - free(), From::idle_workers);
  if (own.cores + free() < demand.needed) {
    reclaim(demand.needed - own.cores - free(), From::all_workers);
    if (own.cores + free() < demand.needed) return false;
  }
  int const cores = std::min(std::max(demand.needed, demand.wished), own.cores + free());
  if (own.cores < cores) take(worker, cores);
  return own.cores >= demand.needed;
}

void CoreLeases::take(WorkerId worker, int cores) {
  auto& lease = workers_.at(worker);
  if (lease.returning > 0) return;  // its last answer is still to come
  lease.cores = cores;
  lease.unanswered += 1;
  changes_.push_back({worker, cores});
}

// Frees up to `wanted` cores: at once those of workers without jobs, later those that busy ones can spare.
void CoreLeases::reclaim(int wanted, From from) {
  for (auto& [id, lease] : workers_) {
    if (wanted <= 0) return;
    bool const busy = lease.demand.needed > 0;
    if (from == From::idle_workers && busy) continue;
    int const spare = lease.cores - lease.demand.needed;
    if (spare <= 0 || lease.returning > 0) continue;
    int const taken = std::min(spare, wanted);
    lease.cores -= taken;
    if (busy) lease.returning = taken;
    lease.unanswered += 1;
    changes_.push_back({id, lease.cores});
    wanted -= taken;
  }
}

void CoreLeases::returned(WorkerId worker) {
  auto const found = workers_.find(worker);
  if (found == workers_.end() || found->second.unanswered == 0) return;
  // Only the answer to the last one says that a core is free.
  if (--found->second.unanswered == 0) found->second.returning = 0;
}

void CoreLeases::widen() {
  for (auto& [id, lease] : workers_) {
    int const wished = lease.demand.wished;
    if (lease.cores >= wished) continue;
    reclaim(wished - lease.cores - free(), From::idle_workers);
    int const spare = free();
    if (spare > 0) take(id, std::min(wished, lease.cores + spare));
  }
}

}  // namespace shoal::host
