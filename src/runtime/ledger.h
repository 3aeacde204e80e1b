// What an answer cost: the account of one run. Filled by the run's thread, read by anyone afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace shoal::runtime {

struct Ledger {
  struct ModelUse {
    std::uint64_t calls = 0, tokens_in = 0, tokens_out = 0;
  };

  std::map<std::string, ModelUse> models;      // by name
  std::map<std::string, std::uint64_t> rungs;  // "task: rung" → how often it settled the task
  std::uint64_t calls = 0;                     // that engines answered
  std::uint64_t cached = 0;                    // that the cache answered instead
  double core_seconds = 0;                     // of workers and of this process
  std::uint64_t peak_memory_bytes = 0;         // the largest worker's and this process's, together
  double energy_joules = 0;
  std::string energy_method;            // "measured by RAPL", or the estimate's formula
  std::uint64_t bytes_off_machine = 0;  // by the egress counter
  Duration elapsed{};

  std::uint64_t tokens_in() const;
  std::uint64_t tokens_out() const;
};

// As in docs: {"rungs", "models", "tokens", "core_seconds", "peak_memory_bytes", "energy_joules", …}.
Json to_json(Ledger const& ledger);
// The account of several runs together: sums, and the highest peak. Members as in each of them.
Json sum_of(std::vector<Json> const& ledgers);
// One line for people: "smollm2-135m · 214 tokens · 3.1 core-s · 412 MB · 0 bytes left this machine".
std::string summary(Json const& ledger);

// Watts of one busy core where no counter can be read. A laptop or desktop core under load takes 5 to 15 W.
inline constexpr double kAssumedWattsPerCore = 10;

}  // namespace shoal::runtime
