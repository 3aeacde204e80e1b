#include "tests/simulation/scheduler_simulation.h"

namespace shoal::host {
namespace {

TEST(SchedulerSimulation, TenThousandSeedsHoldTheInvariants) { simulate(10'000); }

}  // namespace
}  // namespace shoal::host
