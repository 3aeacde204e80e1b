#include "os/machine.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <thread>

#include "os/memory_file.h"

namespace shoal::os {
namespace {

TEST(Machine, CoresFollowTheAffinity) {
  int const all = core_count();
  EXPECT_GE(all, 1);
  // On a thread of its own, so that the rest of the process keeps its cores.
  std::thread([] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(core_count(), 1);
  }).join();
}

TEST(Machine, MemoryIsPlausible) {
  EXPECT_GT(memory_total_bytes(), 64u << 20);
  EXPECT_GT(memory_available_bytes(), 1u << 20);
  EXPECT_LE(memory_available_bytes(), memory_total_bytes());
  if (auto const pressure = memory_pressure()) {
    EXPECT_GE(*pressure, 0.0);
    EXPECT_LE(*pressure, 1.0);
  }
}

TEST(Machine, HasNames) {
  EXPECT_FALSE(cpu_name().empty());
  EXPECT_TRUE(kernel_release().starts_with("Linux "));
}

TEST(Machine, OwnUsageGrowsWithWhatIsUsed) {
  ProcessUsage const before = own_usage();
  std::vector<char> block(64u << 20, 'x');
  volatile std::uint64_t sum = 0;
  for (int round = 0; round < 4; ++round) {
    for (char letter : block) sum = sum + static_cast<std::uint64_t>(letter);
  }
  ProcessUsage const after = own_usage();
  EXPECT_GT(after.cpu_seconds, before.cpu_seconds);
  EXPECT_GE(after.rss_bytes, before.rss_bytes + (48u << 20));
  EXPECT_GE(after.peak_rss_bytes, after.rss_bytes);
}

TEST(Machine, AnotherProcessIsReadAsWeReadOurselves) {
  ProcessUsage const own = own_usage();
  ProcessUsage const seen = usage_of(getpid()).value();
  EXPECT_NEAR(seen.cpu_seconds, own.cpu_seconds, 0.5);
  EXPECT_NEAR(static_cast<double>(seen.rss_bytes), static_cast<double>(own.rss_bytes), 16e6);
  EXPECT_EQ(usage_of(0x7fffffff).error().code(), Code::not_found);
}

TEST(Machine, AMemoryFileCountsForWhoHasItOpenAlsoWhereItIsNotMapped) {
  constexpr std::uint64_t kBytes = 64u << 20;
  auto const before = usage_of(getpid())->private_bytes;
  auto const file = create_sealed_buffer(std::string(kBytes, 'x')).value();
  EXPECT_GE(usage_of(getpid())->private_bytes, before + kBytes * 9 / 10);
}

TEST(Machine, EnergyNeverFalls) {
  std::optional<EnergyMeter> meter = EnergyMeter::open();
  if (!meter) GTEST_SKIP() << "this machine has no energy counters that may be read";
  double const first = meter->joules();
  EXPECT_GE(first, 0.0);
  EXPECT_GE(meter->joules(), first);
}

}  // namespace
}  // namespace shoal::os
