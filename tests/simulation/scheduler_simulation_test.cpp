#include "tests/simulation/scheduler_simulation.h"

namespace shoal::host {
namespace {

TEST(SchedulerSimulation, EverySeedHoldsTheInvariants) { simulate(1000); }

}  // namespace
}  // namespace shoal::host
