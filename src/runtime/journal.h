// The journal of runs: what was started, how its steps ended, what it cost. One SQLite file, shared by all
// processes of a home; readers need no lock. A run that says `running` but whose process is gone was
// interrupted.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "runtime/mending.h"

namespace shoal::runtime {

struct RunRecord {
  std::string run;
  std::string name;   // what was run
  std::string state;  // running, done, failed, cancelled, interrupted
  WallTime started;
  std::optional<WallTime> ended;
  std::string error;    // of a failed one
  Json ledger;          // null while it runs
  Json route;           // of its tasks
  Json inputs;          // as describe() writes them (provenance.h)
  Json outputs;         // the same; null where there are none
  std::string program;  // this program's version
  Json order;           // what a run is resumed by (runtime.cpp); null where that cannot be
  int attempts = 1;     // how often it was begun or resumed
};

// {"run", "name", "state", "started", "ended", "seconds", "error"}: as `shoal runs` lists it.
Json to_json(RunRecord const& record);

// Why a call may not be cached.
inline constexpr std::string_view kWrites = "it writes";
inline constexpr std::string_view kCacheOff = "`cache: off`";
inline constexpr std::string_view kNoSeed = "it draws at random, without a seed";
inline constexpr std::string_view kUnknownState = "it reads what was being written, or has no known state";

struct StepRecord {
  std::string step;  // its path in the run
  std::string callable;
  std::string state;  // done, cached, failed, cancelled
  std::string key;    // of the step cache, hexadecimal; "" where it is not cached
  std::string error;
  double seconds = 0;
  // Of one that an engine did, as provenance.h describes them; null of one that the cache answered.
  Json made_by = {};
  Json inputs = {}, outputs = {};
  std::string why_not_cached = {};  // one of those above; "": it may be
  WallTime started = {};            // when it was ready
  // Seconds until a worker had it, and of these what for: the rest behind other calls.
  struct Waited {
    double all = 0, load = 0, cores = 0;
  } waited = {};
  std::uint64_t worker = 0;  // its number in the host; 0: none had it
  int cores = 0;             // that it had
};

// The step of the run's own pipeline that a path is of: `words` of "words[3]/read".
std::string_view step_of(std::string_view path);

// Any thread. A damaged file is set aside, where there is leave to, and the journal goes on in a new one.
class Journal {
 public:
  static Result<std::unique_ptr<Journal>> open(std::string const& file, LeaveToMend leave);

  // Of `record` what is known at the start.
  Result<void> run_started(RunRecord const& record);
  // `steps`: its last ones, as steps_ended() takes them.
  Result<void> run_ended(RunRecord const& record, std::vector<StepRecord> const& steps = {});
  // It is `running` again, its last end forgotten.
  Result<void> run_resumed(std::string const& run);
  // All of them are on disk when this returns.
  Result<void> steps_ended(std::string const& run, std::vector<StepRecord> const& steps);
  // Called by whoever holds the home's lock, before its own first run: nobody else can be running anything.
  Result<void> mark_interrupted();
  // What is kept: the newest.
  struct Bounds {
    std::int64_t runs = 10'000;
    std::int64_t steps = 1'000'000;  // of all runs
  };
  // Forgets what is older; a run goes with its steps. By whoever holds the home's lock.
  Result<void> prune(Bounds const& bounds);

  // Newest first.
  Result<std::vector<RunRecord>> runs(int limit);
  // All that were interrupted, oldest first.
  Result<std::vector<RunRecord>> interrupted();
  // The keys in the step cache that such a run has: they are not to be dropped.
  Result<std::vector<std::string>> keys_of_interrupted();
  // By id, or the beginning of one that fits a single run. not_found otherwise.
  Result<RunRecord> find(std::string const& run);
  Result<std::vector<StepRecord>> steps(std::string const& run);
  // The step that first gave what the step cache has under this key, and its run; nothing where it is
  // forgotten.
  struct Origin {
    std::string run;
    StepRecord step;
  };
  Result<std::optional<Origin>> origin_of(std::string const& key);
  // Calls of engines that the journal remembers and that may be cached.
  struct CacheUse {
    std::uint64_t cached = 0, ran = 0;
  };
  Result<CacheUse> cache_use();
  // Of this name, begun before that time, the newest first.
  Result<std::vector<RunRecord>> earlier_runs(std::string const& name, WallTime before, int limit);
  // Of all runs that ended.
  Result<std::vector<Json>> ledgers();

 private:
  struct Tables {
    std::unique_ptr<store::Database> database;
    store::Statement add_run, end_run, add_step;
  };

  explicit Journal(std::unique_ptr<Mending<Tables>> tables) : tables_(std::move(tables)) {}
  static Result<Tables> open_tables(std::string const& file);
  template <typename... Values>
  Result<std::vector<RunRecord>> find_runs(std::string const& condition, Values const&... values);

  std::unique_ptr<Mending<Tables>> tables_;
};

// 12 characters that sort by time, unique on this machine.
std::string new_run_id(WallTime now);

}  // namespace shoal::runtime
