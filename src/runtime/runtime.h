// The whole: a home with its models, documents and journal, a host of workers, and runs over them. One per
// process; a home has one host at a time, so that the same memory is never spent twice. Runs block their
// caller; any number of threads may run what they have linked, all else is for one thread at a time.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "host/host.h"
#include "net/egress.h"
#include "os/lock.h"
#include "os/machine.h"
#include "os/mailbox.h"
#include "os/paths.h"
#include "runtime/cache_upkeep.h"
#include "runtime/event.h"
#include "runtime/generations.h"
#include "runtime/journal.h"
#include "runtime/ledger.h"
#include "runtime/library.h"
#include "runtime/live_library.h"
#include "runtime/part.h"
#include "runtime/shared_meter.h"
#include "runtime/step_cache.h"
#include "store/artifacts.h"
#include "store/models.h"

namespace shoal::runtime {

class Execution;

struct RunRequest {
  std::string run;      // the id that it is to have (new_run_id); "": one of its own
  std::string what;     // how the library of another process finds the target: its name or the path of its
                        // document; "": by the target's name
  value::Value inputs;  // a record
  std::function<void(Event const&)> on_event;
  std::stop_token stop;
  host::JobClass job_class = host::JobClass::interactive;
  std::optional<MonotonicTime> deadline;  // deadline_exceeded after it, whatever still runs
  std::optional<Part> part;               // of a pipeline, in place of the whole
  // Gives the best answer of a task although it failed its checks (marked so), or an error.
  bool accept_failed_checks = true;
  net::EgressAccount* egress = nullptr;  // what the run may send and has sent; nullptr: nothing
};

struct RunResult {
  std::string run;  // its id, "" when it never began
  Result<value::Value> outputs = Error(Code::internal, "not run");
  bool checks_failed = false;  // the answer of a task in it did not pass its checks
  Json route;                  // of its tasks
  Json ledger;

  // Of a run that gave no outputs.
  static RunResult failed(Error error, std::string run = {}) {
    RunResult result;
    result.run = std::move(run);
    result.outputs = std::move(error);
    return result;
  }
};

class Runtime {
 public:
  struct Options {
    os::Home home;
    os::Installation installation;
    std::vector<std::string> mirror_files;  // besides the home's own
    std::vector<std::string> catalog_folders;
    int cores = 1;
    std::optional<std::uint64_t> memory_bytes;  // host::Limits has what holds without it
    // Called when another process has the host of this home and is waited for.
    std::function<void(std::string const& holder)> on_wait;
    std::stop_token stop;  // ends that waiting
  };
  // Opens what is on disk; starts nothing.
  static Result<std::unique_ptr<Runtime>> open(Options options, net::Egress& egress, Clock const& clock);
  Runtime(Runtime const&) = delete;
  Runtime& operator=(Runtime const&) = delete;
  ~Runtime();

  // Of what is run see Library.
  RunResult run(std::string const& name, RunRequest request);
  // Any thread.
  RunResult run(Target const& target, RunRequest request);
  // Goes on with a run that was interrupted, failed or was cancelled, under its id: what it has done is not
  // done again. It has the inputs, strictness and class that it had; of `request` counts what is not in
  // these. Any thread.
  RunResult resume(std::string const& run, RunRequest request);

  // What run() would do first, without doing it: see Execution::explore. Needs no lock of the home.
  Result<std::vector<StepRecord>> explore(Target const& target, value::Value const& inputs);

  // Ends a run of this or another process: whoever has it is asked, and its end is waited for. Gives its
  // record, which says whether it was over already. not_found: there is no such run. deadline_exceeded: it
  // was asked and has not ended within `patience`.
  Result<RunRecord> cancel(std::string const& run, Duration patience, std::stop_token const& stop);
  // Where nobody has the host of this home, what still says `running` in the journal was interrupted: says so
  // there.
  Result<void> note_interrupted_runs();

  // Takes the home and starts the host now, not at the first run. busy: another process has it.
  Result<void> take_home();
  // What the host holds and why (host/snapshot.h). unavailable: it is not started, or has ended.
  Result<Json> host_state();
  // Keeps the model of this name loaded, or no longer; gives back what it holds as soon as nobody uses it.
  Result<void> pin(std::string const& model, bool pinned);
  Result<void> unload(std::string const& model);
  // Those that were interrupted and that this program can go on with by itself: begun less than a day ago,
  // and not tried too often.
  std::vector<std::string> resumable_runs();
  // Makes the caches smaller where they have grown beyond their bounds. No run may be in progress. Done at
  // the end, too.
  void tidy();
  // The step cache, its artifacts, and what engines keep for models (cache_upkeep.cpp).
  Result<CacheContents> cache_contents();
  // Drops what was not used for longest where they have more than their bounds, or all together more than
  // `most_bytes`, but nothing that an interrupted run needs. No run may be in progress. busy: another process
  // has the home.
  Result<CachePruned> prune_cache(std::optional<std::uint64_t> most_bytes);
  // Reads all, and drops what is damaged. `on_bytes`: how many so far.
  Result<CacheChecked> verify_cache(std::function<void(std::uint64_t)> const& on_bytes,
                                    std::stop_token const& stop);
  // What engines kept for models that are no longer there.
  std::vector<store::Garbage> kept_garbage() const;
  static Result<void> remove_kept(store::Garbage const& garbage);
  // The same as library().link(), for any thread, and as the disk has it now. `what`: a name or the path of a
  // document.
  Result<Target> link(std::string const& what) { return live_library_->link(what); }

  Library& library() { return *library_; }
  store::ModelStore& models() { return *models_; }
  Journal& journal() { return *journal_; }
  os::Home const& home() const { return options_.home; }
  int cores() const { return options_.cores; }
  // Bytes that others of this home may read by their hash, until the store needs the room. `facts` with the
  // hash; not_found where they are not there.
  Result<void> keep(value::Blob const& blob) const;
  Result<value::BlobPtr> kept(value::Blob::Facts facts) const;
  // Keeps other processes of this home from writing the user's file `path`, until it is destroyed. busy: one
  // does.
  Result<std::shared_ptr<void const>> claim(std::string const& path) const;

 private:
  // What a process has that may run something.
  struct Hosting {
    std::optional<os::EnergyMeter> energy;
    std::unique_ptr<host::Host> host;
    std::unique_ptr<os::Mailbox> mailbox;
  };

  Runtime(Options options, Clock const& clock);
  std::unique_ptr<Library> make_library() const;
  // What the request wants of the target. not_found: a part that is to run alone needs what is not there.
  Result<Target> wanted(host::Host& host, Target const& target, RunRequest const& request);
  // In the journal `record` has begun when this is called.
  RunResult perform(host::Host& host, Target const& target, RunRequest request, RunRecord record);
  void note_end(RunRecord record, RunResult const& result, Execution& execution);
  Result<StepCache::Kept> kept_for_interrupted();
  enum class Patience { wait, give_up };
  // The home's lock and the host, at the first run.
  Result<host::Host*> start_host(Patience patience = Patience::wait);
  Result<os::FileLock> lock_home(Patience patience);
  // For files that only the home's host may touch: whoever has its lock.
  Result<std::shared_ptr<void const>> leave_to_mend() const;
  std::string kept_folder() const { return options_.home.cache + "/kept"; }
  std::string lock_path() const { return options_.home.data + "/host.lock"; }
  // The host that is started already.
  Result<host::Host*> own_host();
  std::string mailbox_path() const { return options_.home.data + "/host.mailbox"; }
  void hear(std::string_view message);
  void fill_shares(Ledger& ledger, double cpu_begun, double energy_begun);

  Options options_;
  Clock const& clock_;
  std::vector<host::Manifest> engines_;
  std::unique_ptr<store::ModelStore> models_;
  std::unique_ptr<store::ArtifactStore> artifacts_;
  std::unique_ptr<StepCache> cache_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Library> library_;
  std::unique_ptr<LiveLibrary> live_library_;
  SharedMeter cpu_, energy_;
  Generations generations_;
  Guarded<std::map<std::string, std::stop_source>> running_;  // by run
  // Held while the home's lock is waited for: nobody else starts a host then, and nobody waits to look at
  // what there is.
  std::mutex starting_;
  std::optional<os::FileLock> lock_;  // of the home; under starting_
  std::atomic<bool> holds_home_{false};
  Guarded<std::optional<Hosting>> hosting_;
};

}  // namespace shoal::runtime
