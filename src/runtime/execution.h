// One run, from its inputs to its outputs: calls what is to be called, caches, journals, keeps the account
// and tells what happens. Runs on the thread that calls run(); the host's thread only leaves messages.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "host/host.h"
#include "net/egress.h"
#include "runtime/event.h"
#include "runtime/generations.h"
#include "runtime/journal.h"
#include "runtime/ledger.h"
#include "runtime/scope.h"
#include "runtime/step_cache.h"
#include "runtime/target.h"

namespace shoal::runtime {

// What a call gave.
struct Answer {
  value::Value outputs;        // a record by port
  Json evidence;               // of an engine
  bool checks_failed = false;  // a task gave its best answer although it did not pass
};
using Completion = std::function<void(Result<Answer>)>;

// While somebody keeps it, the engine may be one item less ahead.
using Room = std::shared_ptr<void const>;
// Hears an item of a stream as it comes.
using OnItem = std::function<void(std::string const& port, value::Value const& item, Room const& room)>;

// Where in a run a call stands, and what holds for it.
struct CallSite {
  std::string step;  // its path
  std::shared_ptr<Scope> scope;
  bool cache = true;
  std::optional<Duration> timeout;
  std::uint64_t memory = 0;  // see host::JobSpec
  // Of a call of an engine; an answer from the cache has all items at once, and this hears none.
  OnItem on_item = {};
  bool keeps_lists = true;  // with on_item: the answer has the items as well
};

class Execution {
 public:
  struct Parts {
    host::Host& host;
    StepCache& cache;
    Journal& journal;
    Generations& generations;
    Clock const& clock;
  };
  struct Options {
    std::string run;  // its id
    std::function<void(Event const&)> on_event;
    std::stop_token stop;
    host::JobClass job_class = host::JobClass::interactive;
    // What a task does when no rung's answer passes: gives the best one, marked, or fails.
    bool accept_failed_checks = true;
    std::optional<MonotonicTime> deadline;
    bool resumes = false;  // it was begun before: what it has done is not done again
    bool explore = false;  // set by explore()
  };
  Execution(Parts parts, Options options);
  Execution(Execution const&) = delete;
  Execution& operator=(Execution const&) = delete;
  ~Execution();

  // Once, with a target that outlives the run. Blocks until the end; the stop token ends it with `cancelled`.
  // The last records and events are left to whoever journals the end: take_records(), then tell().
  Result<value::Value> run(Target const& target, value::Value const& inputs);
  std::vector<StepRecord> take_records() { return std::exchange(records_, {}); }
  void tell();

  // Once, in place of run(): what would be done with these inputs, as far as the cache has the answers that
  // it depends on: steps that are `cached`, and those that are `to run` because their inputs are there.
  // Nothing runs. The error is what run() would end with for all that can be known.
  Result<std::vector<StepRecord>> explore(Target const& target, value::Value const& inputs);

  Ledger& ledger() { return ledger_; }
  // Of all tasks that ran, in the order in which they ended.
  Json::Array const& routes() const { return routes_; }
  // True when an answer that did not pass its checks went into the result.
  bool checks_failed() const { return checks_failed_; }
  // True when the step cache has something that is this run's alone.
  bool kept_for_run() const { return kept_for_run_ || options_.resumes; }

  // For pipelines and tasks within the run, on its thread.

  // Calls `target` with a record of inputs that is not bound yet. `done` is called once: at once or later.
  void invoke(Target const& target, value::Value const& inputs, CallSite site, Completion done);
  void announce(Event::Kind kind, std::string step, std::string detail = {}, double done_count = 0,
                double total = 0, value::Value value = {});
  void task_ended(std::string const& step, std::string const& rung, Json route);
  bool accept_failed_checks() const { return options_.accept_failed_checks; }
  bool explores() const { return options_.explore; }
  Clock const& clock() const { return parts_.clock; }
  // Calls `action` on the run's thread at that time, if the run still goes on.
  void at(MonotonicTime time, std::function<void()> action);

 private:
  struct Inbox;
  struct CallState;

  CallSite site_of(Target const& target) const;
  void call_operation(OperationTarget const& target, std::string const& name, value::Value inputs,
                      CallSite site, Completion done);
  // Under what its answer is found and kept.
  void find_keys(CallState& call);
  bool answer_from_cache(CallState& call);
  std::optional<CachedOutputs> find_in_cache(CallState const& call, Sha256 const& key);
  void keep(CallState const& call, Sha256 const& key, CachedOutputs outputs,
            std::optional<StepCache::Encoded> encoded = {});
  void keep_answer(CallState& call, value::Value const& outputs, Json const& evidence);
  StepRecord record_of(CallState const& call, std::string state) const;
  // Says that its folder is written in, where it is.
  Result<void> begin_write(CallState& call, std::string const& folder);
  // What it wrote is written, and what it read may have been written to.
  void settle_effects(CallState& call, Result<value::Value> const& outputs);
  void submit(std::shared_ptr<CallState> const& call, OperationTarget const& target);
  void part_came(CallState& call, host::JobId id, std::string const& port, value::Value const& part);
  // Those that the host is not asked for yet, as far as there is room now.
  void submit_held();
  void job_done(std::shared_ptr<CallState> const& call, host::JobReport report);
  void account(CallState const& call, host::JobReport const& report);
  // Until there is a result.
  void loop(std::optional<Result<Answer>> const& result);
  void run_due_timers();
  // Everything that ended since the last time reaches the disk, and only then is it told.
  void commit();
  void keep_answers();
  // When that is to be done: what ends within a short time goes to the disk together, what wrote at once.
  // Nothing where there is nothing to write or to tell.
  std::optional<MonotonicTime> commit_at() const;
  void note_to_write();

  Parts parts_;
  Options options_;
  std::shared_ptr<Inbox> inbox_;  // shared with the host's thread, which may be late
  std::shared_ptr<Scope> root_;
  std::multimap<MonotonicTime, std::function<void()>> timers_;
  std::vector<Event> events_;
  std::vector<StepRecord> records_;
  std::vector<StepCache::Entry> entries_;
  std::optional<MonotonicTime> commit_by_;  // of records_ and entries_
  std::size_t jobs_under_way_ = 0;
  std::deque<std::shared_ptr<CallState>> held_;  // calls that wait for room
  std::uint64_t sequence_ = 0;
  Ledger ledger_;
  Json::Array routes_;
  bool checks_failed_ = false;
  bool kept_for_run_ = false;
};

}  // namespace shoal::runtime
