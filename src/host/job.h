// What the parts of the scheduler speak of. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "host/snapshot.h"

namespace shoal::host {

using JobId = std::uint64_t;
using WorkerId = std::uint64_t;

// What matters of an engine to its scheduling.
struct EngineTraits {
  int calls = 1;  // a worker runs at once; 0: as many as it has cores
  bool one_model_per_worker = true;
  bool probes = false;  // can say what a model needs before it is loaded
};

enum class JobClass { interactive, normal, batch };
inline constexpr int kJobClasses = 3;

struct JobRequest {
  JobId id = 0;
  std::string engine;
  std::string model;         // a key; "" where the engine needs none
  std::int64_t length = 0;   // that the model must have at least, see Manifest; 0: it has none
  int cores = 1;             // that it can use; 0: all
  std::uint64_t memory = 0;  // bytes of RAM that it takes while it runs, besides its model
  JobClass job_class = JobClass::normal;
  bool repeatable = true;  // may run again when its worker died
  std::optional<MonotonicTime> deadline = {};
};

// Bytes by device: 0 is the machine's RAM, a graphics card is one entry more.
using Bytes = std::vector<std::uint64_t>;
using MemoryByDevice = std::vector<MemoryByKind>;

// What a job waited for, from its arrival until it was sent; the rest of that time is behind other jobs.
struct Waits {
  Duration load{};   // a worker started, or the model came into memory
  Duration cores{};  // all was there but a core
};

// What a machine has to give.
struct Resources {
  int cores = 1;
  Bytes memory;
};

}  // namespace shoal::host
