// The machine and what processes use of it. Any thread.
// Elsewhere: sysctl and task_info on macOS; GetSystemInfo and GetProcessMemoryInfo on Windows.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace shoal::os {

// Cores this process may use: the smaller of its affinity and its cgroup's quota (rounded up), at least 1.
int core_count();
std::string cpu_name();
// "Linux 6.1.0-18-amd64"
std::string kernel_release();

// RAM, or the limit of the cgroup where that is less.
std::uint64_t memory_total_bytes();
// What can be used without swapping, as the kernel or the cgroup counts it; file cache counts as usable.
std::uint64_t memory_available_bytes();
// Share of the last 10 s in which some process waited for memory (0 … 1); nothing where the kernel does not
// say.
std::optional<double> memory_pressure();

struct ProcessUsage {
  double cpu_seconds = 0;  // user and system, all threads
  std::uint64_t rss_bytes = 0;
  std::uint64_t private_bytes = 0;  // of these, and of those swapped out, what no file backs
  std::uint64_t peak_rss_bytes = 0;
};
// Error not_found when there is no such process.
Result<ProcessUsage> usage_of(int pid);
ProcessUsage own_usage();
// Of own_usage(), at the price of a system call.
double own_cpu_seconds();

// Energy of the processor packages, from their own counters. One owner thread.
class EnergyMeter {
 public:
  // Nothing where the machine has no counters or this user may not read them.
  static std::optional<EnergyMeter> open();
  // Since open(). The counters wrap: call it at least once a minute while it matters.
  double joules();

 private:
  struct Counter {
    std::string path;
    std::uint64_t range;  // microjoules at which it wraps
    std::uint64_t last;
    std::uint64_t sum;
  };
  explicit EnergyMeter(std::vector<Counter> counters) : counters_(std::move(counters)) {}

  std::vector<Counter> counters_;
};

}  // namespace shoal::os
