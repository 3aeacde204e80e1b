// What the host holds and why, at one moment: for `shoal ps` and the state of HTTP. Plain data; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace shoal::host {

// Who holds how much memory, by what it is for.
struct MemoryByKind {
  std::uint64_t weights = 0;    // of the model, whether mapped or copied
  std::uint64_t cache = 0;      // keys and values: context × slots × type
  std::uint64_t compute = 0;    // buffers of one step of the computation
  std::uint64_t projector = 0;  // of images and sound
  std::uint64_t prefixes = 0;   // kept beginnings of prompts
  std::uint64_t overhead = 0;   // of the worker itself

  std::uint64_t total() const { return weights + cache + compute + projector + prefixes + overhead; }
  friend bool operator==(MemoryByKind const&, MemoryByKind const&) = default;
};

// A model in a worker, or an engine's worker that needs none.
struct Resident {
  enum class State { starting, probing, loading, ready, draining, stopping };

  std::uint64_t worker = 0;  // its number; several residents may share one
  int process = 0;           // its id in the system, 0 where there is none yet
  std::string engine;
  std::string model;  // for people; "" where the engine needs none
  State state = State::starting;
  MemoryByKind memory;
  bool estimated = false;           // not yet corrected by what the worker reports
  std::uint64_t private_bytes = 0;  // of the whole worker, as the kernel counts what no file backs
  std::int64_t length = 0;          // that it was loaded with: a context's tokens; 0: it has none
  int cores = 0;                    // leased to the whole worker
  int running = 0;                  // jobs: each holds a lease on the resident
  int waiting = 0;                  // jobs in its line
  bool pinned = false;              // never evicted
  bool helper = false;              // small: does not compete with what it serves
  double resident_seconds = 0;      // since it was loaded
  double idle_seconds = 0;          // since its last job
  double load_seconds = 0;          // that loading took
  std::string reason;               // why it was loaded
};

// What was decided about a resident, and why.
struct Decision {
  enum class Kind { load, loaded, evict, refuse, fail };

  double seconds_ago = 0;
  Kind kind = Kind::load;
  std::string engine;
  std::string model;
  std::string reason;
};

struct Snapshot {
  int cores = 0;  // of the machine
  int cores_leased = 0;
  std::uint64_t memory_budget = 0;                                     // now, of all residents together
  std::uint64_t memory_used = 0;                                       // as the memory ledger has it
  int waiting_interactive = 0, waiting_normal = 0, waiting_batch = 0;  // jobs in line
  std::vector<Resident> residents;                                     // by engine and model
  std::vector<Decision> decisions;                                     // the last ones, newest first
  std::vector<std::string> unprotected;  // what the sandbox of workers lacks, each with the reason
};

std::string_view name_of(Resident::State state);
std::string_view name_of(Decision::Kind kind);

Json to_json(MemoryByKind const& memory);
Json to_json(Resident const& resident);
Json to_json(Decision const& decision);
Json to_json(Snapshot const& snapshot);

}  // namespace shoal::host
