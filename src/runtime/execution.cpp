#include "runtime/execution.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "os/file.h"
#include "os/machine.h"
#include "runtime/activation.h"
#include "runtime/ascent.h"
#include "runtime/files.h"
#include "runtime/provenance.h"
#include "runtime/streams.h"
#include "value/extent.h"
#include "value/json.h"

namespace shoal::runtime {

// Messages from the host's thread and from the stop token.
struct Execution::Inbox {
  std::mutex mutex;  // guards messages; the condition variable needs it bare
  std::condition_variable arrived;
  std::vector<std::function<void()>> messages;

  void post(std::function<void()> message) {
    {
      std::lock_guard lock(mutex);
      messages.push_back(std::move(message));
    }
    arrived.notify_one();
  }
};

// A call of an engine's operation that is under way.
struct Execution::CallState {
  std::string name;   // of the callable
  std::string model;  // of it, for the ledger
  CallSite site;
  OperationTarget const* target = nullptr;  // of the run's target, which outlives it
  value::Value inputs;
  std::optional<Sha256> key;  // of the step cache, where the call may be cached
  std::optional<Sha256>
      run_key;          // of it there, for this run alone: a run that is resumed has the same answer
  std::string why_not;  // it is not cached, see StepRecord
  std::string folder;   // that it reads, in this state
  std::string generation;
  std::unique_ptr<Generations::Write> write;  // while it may be writing
  std::optional<Streams> streams;
  std::shared_ptr<Pace> pace;    // where its items are taken one by one
  std::optional<Error> failure;  // of an item: its job was cancelled for it
  MonotonicTime started;
  WallTime began;
  Completion done;
};

namespace {

// `done` at the answer or at the end of the time, whichever comes first.
Completion with_timeout(Execution& execution, CallSite& site, Completion const& done) {
  site.scope = site.scope->child();
  auto const limit = *std::exchange(site.timeout, std::nullopt);
  auto const ended = std::make_shared<bool>(false);
  auto const deadline = execution.clock().now() + limit;
  site.scope->end_by(deadline);
  execution.at(deadline, [ended, done, scope = site.scope, limit] {
    if (std::exchange(*ended, true)) return;
    scope->cancel();
    done(Error(Code::deadline_exceeded,
               "it took longer than its timeout of " + human_seconds(seconds(limit))));
  });
  return [ended, done](Result<Answer> answer) {
    if (!std::exchange(*ended, true)) done(std::move(answer));
  };
}

// The folder that the input port of the engine's manifest names: one plain name, so that it stays where it
// belongs.
Result<host::ModelSpec> folder_model(OperationTarget const& target, value::Value const& inputs) {
  auto const& name = inputs[target.engine->folder_port].as_text();
  TRY(require_plain_name(target.engine->folder_port, name));
  host::ModelSpec model;
  model.name = name;
  model.folder = target.folder + "/" + name;
  std::error_code failed;
  if (target.operation->effects == value::Effects::writes) {
    TRY(os::make_folders(model.folder));
  } else if (!std::filesystem::is_directory(model.folder, failed)) {
    return Error(Code::not_found, "there is no " + target.engine->folder_port + " `" + name + "`");
  }
  return model;
}

// Without the folder its worker works as well, only slower.
void keep_files(host::ModelSpec& model, std::string const& folder) {
  if (auto const made = os::make_folders(folder)) {
    model.folder = folder;
  } else {
    log_warning(model.name + " keeps nothing: " + made.error().message());
  }
}

// An operation that draws at random what it gives says so by a port `seed`.
bool lacks_seed(host::Operation const& operation, value::Value const& inputs) {
  return operation.signature.input("seed") && inputs["seed"].is_null();
}

StepKey key_of(OperationTarget const& target, value::Value const& inputs) {
  StepKey key;
  key.engine = target.engine->engine;
  key.engine_version = target.engine->version + target.engine->fingerprint;
  key.program_version = SHOAL_VERSION;
  key.operation = target.operation->name;
  key.model = target.model_hash;
  key.inputs = value::hash_of(inputs);
  return key;
}

// What a call that may not be cached is kept under, so that its run can be resumed: also its place in the
// run.
Sha256 run_key_of(std::string const& run, std::string const& step, Sha256 const& key) {
  return sha256(run + "\n" + step + "\n" + key.hex());
}

// Jobs of one run that the host knows of at once: enough to keep every worker fed, few enough that a document
// of many thousand steps does not fill the host's queue.
constexpr std::size_t kMostJobsUnderWay = 1000;
// What ended waits so long for more that ends, before the disk has it and it is told.
constexpr Duration kCommitWithin = std::chrono::milliseconds(10);
// Events that wait for the end of a batch of steps.
constexpr std::size_t kMostEventsHeld = 1000;

// An engine is not believed: what it gives must be what its manifest says.
Result<void> check_outputs(std::string const& name, std::vector<value::Port> const& ports,
                           value::Value const& outputs, Streams const& streams) {
  for (auto const& port : ports) {
    auto const& output = outputs[port.name];
    if ((output.is_null() && !port.required) || streams.in_cache(port.name)) continue;
    auto const fits = value::check_port(port, output);
    if (fits) continue;
    return Error(Code::engine_failed,
                 "`" + name + "` gave a wrong `" + port.name + "`: " + fits.error().message());
  }
  return {};
}

Result<void> inputs_are_still(value::Value const& inputs) {
  for (auto const& blob : value::blobs_of(inputs)) TRY(blob->still());
  return {};
}

// Inputs besides those of the signature stay as they are where the function takes such.
Result<value::Value> bind(Target const& target, value::Value const& inputs) {
  TRY(value::check_extent(inputs));
  auto const& ports = target.signature().inputs;
  auto const* function = std::get_if<FunctionTarget>(&target.what);
  if (!function || !function->function->open_inputs) return value::bind_inputs(ports, inputs);
  value::Value::Record known, further;
  for (auto const& field : inputs.as_record()) {
    (target.signature().input(field.first) ? known : further).push_back(field);
  }
  auto bound = TRY(value::bind_inputs(ports, known)).as_record();
  bound.insert(bound.end(), further.begin(), further.end());
  return bound;
}

std::uint64_t count_in(Json const& evidence, std::string_view key) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, evidence[key].as_integer()));
}

}  // namespace

Execution::Execution(Parts parts, Options options)
    : parts_(parts),
      options_(std::move(options)),
      inbox_(std::make_shared<Inbox>()),
      root_(Scope::root(parts.host)) {}

Execution::~Execution() { root_->cancel(); }

Result<value::Value> Execution::run(Target const& target, value::Value const& inputs) {
  auto const started = parts_.clock.now();
  announce(Event::Kind::run_started, {}, target.name);
  std::stop_callback const on_stop(
      options_.stop, [inbox = inbox_, root = root_] { inbox->post([root] { root->cancel(); }); });
  std::optional<Result<Answer>> result;
  invoke(target, inputs, site_of(target), [&](Result<Answer> answer) { result = std::move(answer); });
  loop(result);
  root_->cancel();

  ledger_.elapsed = parts_.clock.now() - started;
  ledger_.peak_memory_bytes += os::own_usage().peak_rss_bytes;
  auto outputs = [&]() -> Result<value::Value> {
    // With no answer taken that failed its checks, that it did is the error.
    checks_failed_ = !*result && result->error().code() == Code::checks_failed;
    auto answer = TRY(std::move(*result));
    checks_failed_ = answer.checks_failed;
    return std::move(answer.outputs);
  }();
  announce(outputs ? Event::Kind::run_done : Event::Kind::run_failed, {},
           outputs ? "" : outputs.error().message());
  keep_answers();
  return outputs;
}

Result<std::vector<StepRecord>> Execution::explore(Target const& target, value::Value const& inputs) {
  options_.explore = true;
  // What the cache does not have is never answered, so this comes back when nothing more can be found out.
  std::optional<Error> error;
  invoke(target, inputs, site_of(target), [&](Result<Answer> const& answer) {
    if (!answer) error = answer.error();
  });
  if (error) return *error;
  return std::exchange(records_, {});
}

CallSite Execution::site_of(Target const& target) const {
  bool const is_pipeline = std::holds_alternative<std::shared_ptr<LinkedPipeline const>>(target.what);
  std::optional<Duration> time_left;
  if (options_.deadline) time_left = *options_.deadline - parts_.clock.now();
  return {is_pipeline ? "" : target.name, root_, true, time_left, 0};
}

void Execution::loop(std::optional<Result<Answer>> const& result) {
  while (!result) {
    if (auto const due = commit_at(); due && *due <= parts_.clock.now()) commit();
    std::vector<std::function<void()>> messages;
    {
      std::unique_lock lock(inbox_->mutex);
      auto const arrived = [&] { return !inbox_->messages.empty(); };
      auto wake = commit_at();
      if (!timers_.empty()) wake = std::min(wake.value_or(MonotonicTime::max()), timers_.begin()->first);
      if (!wake) {
        inbox_->arrived.wait(lock, arrived);
      } else {
        auto const wait = *wake - parts_.clock.now();
        inbox_->arrived.wait_for(lock, std::max<Duration>(wait, Duration::zero()), arrived);
      }
      messages.swap(inbox_->messages);
    }
    for (auto& message : messages) message();
    run_due_timers();
  }
}

std::optional<MonotonicTime> Execution::commit_at() const {
  if (!records_.empty() || !entries_.empty()) return commit_by_.value_or(MonotonicTime());
  return events_.empty() ? std::nullopt : std::optional<MonotonicTime>(MonotonicTime());
}

// From the first that waits.
void Execution::note_to_write() {
  if (!commit_by_) commit_by_ = parts_.clock.now() + kCommitWithin;
}

void Execution::at(MonotonicTime time, std::function<void()> action) {
  timers_.emplace(time, std::move(action));
}

void Execution::run_due_timers() {
  while (!timers_.empty() && timers_.begin()->first <= parts_.clock.now()) {
    auto const action = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    action();
  }
}

void Execution::announce(Event::Kind kind, std::string step, std::string detail, double done_count,
                         double total, value::Value value) {
  if (!options_.on_event) return;
  events_.push_back({++sequence_, kind, std::move(step), std::move(detail), done_count, total,
                     std::move(value), options_.run});
  if (events_.size() >= kMostEventsHeld) commit();
}

void Execution::keep_answers() {
  if (entries_.empty()) return;
  auto const stored = parts_.cache.put(entries_, parts_.clock.wall());
  if (!stored) log_warning("the step cache could not be written: " + stored.error().message());
  entries_.clear();
}

void Execution::commit() {
  commit_by_.reset();
  keep_answers();
  if (!records_.empty()) {
    auto const written = parts_.journal.steps_ended(options_.run, records_);
    if (!written) log_warning("the journal could not be written: " + written.error().message());
    records_.clear();
  }
  tell();
}

void Execution::tell() {
  for (auto const& event : std::exchange(events_, {})) options_.on_event(event);
}

void Execution::task_ended(std::string const& step, std::string const& rung, Json route) {
  if (!rung.empty()) ledger_.rungs[rung] += 1;
  announce(Event::Kind::step_done, step, rung);
  routes_.push_back(std::move(route));
}

void Execution::invoke(Target const& target, value::Value const& inputs, CallSite site, Completion done) {
  if (site.timeout) done = with_timeout(*this, site, std::move(done));
  auto bound = bind(target, inputs);
  if (!bound) return done(std::move(bound).error().within("`" + target.name + "`"));
  struct Visitor {
    Execution& self;
    Target const& target;
    value::Value inputs;
    CallSite& site;
    Completion& done;

    void operator()(FunctionTarget const& function) {
      // Many that follow each other leave no time for the message that ends the run.
      if (self.options_.stop.stop_requested()) return done(Error(Code::cancelled, "cancelled"));
      auto outputs = function.function->call(inputs);
      if (!outputs) return done(std::move(outputs).error().within("`" + target.name + "`"));
      done(Answer{std::move(*outputs), {}, false});
    }
    void operator()(OperationTarget const& operation) {
      self.call_operation(operation, target.name, std::move(inputs), std::move(site), std::move(done));
    }
    void operator()(std::shared_ptr<LinkedPipeline const> const& pipeline) {
      Activation::start(self, pipeline, inputs, site.step, site.scope->child(), std::move(done));
    }
    void operator()(std::shared_ptr<LinkedTask const> const& task) {
      Ascent::start(self, task, std::move(inputs), std::move(site), std::move(done));
    }
  };
  std::visit(Visitor{*this, target, std::move(*bound), site, done}, target.what);
}

void Execution::call_operation(OperationTarget const& target, std::string const& name, value::Value inputs,
                               CallSite site, Completion done) {
  auto const call = std::make_shared<CallState>();
  call->name = name;
  if (target.model) call->model = target.model->name;
  call->target = &target;
  call->site = std::move(site);
  call->inputs = std::move(inputs);
  call->started = parts_.clock.now();
  call->began = parts_.clock.wall();
  call->done = std::move(done);
  find_keys(*call);
  if (answer_from_cache(*call)) return;
  if (options_.explore) {
    bool const reads_folder =
        !target.engine->folder_port.empty() && target.operation->effects != value::Effects::writes;
    if (reads_folder) {
      if (auto const folder = folder_model(target, call->inputs); !folder) return call->done(folder.error());
    }
    records_.push_back(record_of(*call, "to run"));
    records_.back().made_by = describe(target);
    records_.back().inputs = describe(call->inputs);
    return;
  }
  call->streams.emplace(call->name, target.operation->signature, call->inputs, parts_.cache,
                        call->site.keeps_lists ? Streams::Lists::in_memory : Streams::Lists::in_cache);
  held_.push_back(call);
  submit_held();
}

void Execution::find_keys(CallState& call) {
  auto key = key_of(*call.target, call.inputs);
  auto const& operation = *call.target->operation;
  auto const effects = operation.effects;
  auto const plain = key.hash();
  if (effects == value::Effects::none && call.site.cache && !lacks_seed(operation, call.inputs)) {
    call.key = plain;
    return;
  }
  call.run_key = run_key_of(options_.run, call.site.step, plain);
  if (effects == value::Effects::writes) {
    call.why_not = kWrites;
  } else if (!call.site.cache) {
    call.why_not = kCacheOff;
  } else if (effects == value::Effects::none) {
    call.why_not = kNoSeed;
  } else {
    call.why_not = kUnknownState;
    auto const folder = folder_model(*call.target, call.inputs);
    if (!folder) return;
    auto const generation = options_.explore ? parts_.generations.find(folder->folder)
                                             : parts_.generations.find_or_make(folder->folder);
    if (!generation) return;
    call.folder = folder->folder;
    call.generation = *generation;
    key.model += "generation " + *generation;
    call.key = key.hash();
    call.why_not.clear();
  }
}

void Execution::submit_held() {
  while (!held_.empty() && jobs_under_way_ < kMostJobsUnderWay) {
    auto const call = std::move(held_.front());
    held_.pop_front();
    if (call->site.scope->cancelled()) {
      call->done(Error(Code::cancelled, "cancelled"));
    } else {
      submit(call, *call->target);
    }
  }
}

std::optional<CachedOutputs> Execution::find_in_cache(CallState const& call, Sha256 const& key) {
  auto found = parts_.cache.find(key, call.inputs);
  if (found) return std::move(*found);
  log_warning("the step cache could not be read: " + found.error().message());
  return std::nullopt;
}

// What the run had before it was interrupted goes before what others have now.
bool Execution::answer_from_cache(CallState& call) {
  std::optional<CachedOutputs> found;
  auto key = call.run_key;
  if (call.run_key && options_.resumes) found = find_in_cache(call, *call.run_key);
  if (!found && call.key) {
    key = call.key;
    found = find_in_cache(call, *key);
    if (found && call.run_key) keep(call, *call.run_key, *found);
  }
  if (!found) return false;
  ledger_.cached += 1;
  auto record = record_of(call, "cached");
  record.key = key->hex();
  records_.push_back(std::move(record));
  note_to_write();
  announce(Event::Kind::step_cached, call.site.step, call.name);
  call.done(Answer{std::move(found->outputs), std::move(found->evidence), false});
  return true;
}

void Execution::keep(CallState const& call, Sha256 const& key, CachedOutputs outputs,
                     std::optional<StepCache::Encoded> encoded) {
  bool const for_run = key == call.run_key;
  kept_for_run_ |= for_run;
  entries_.push_back(
      {key, std::move(outputs), call.inputs, for_run ? options_.run : std::string(), std::move(encoded)});
}

void Execution::keep_answer(CallState& call, value::Value const& outputs, Json const& evidence) {
  auto const encoded = call.streams->encode(outputs);
  if (call.streams->has_kept() && !encoded) return;
  if (call.key) keep(call, *call.key, {outputs, evidence}, encoded);
  if (call.run_key) keep(call, *call.run_key, {outputs, evidence}, encoded);
}

StepRecord Execution::record_of(CallState const& call, std::string state) const {
  StepRecord record;
  record.step = call.site.step;
  record.callable = call.name;
  record.state = std::move(state);
  if (call.key) record.key = call.key->hex();
  record.why_not_cached = call.why_not;
  record.started = call.began;
  return record;
}

void Execution::submit(std::shared_ptr<CallState> const& call, OperationTarget const& target) {
  host::JobSpec job;
  job.engine = target.engine->engine;
  job.operation = target.operation->name;
  job.model = target.model;
  if (target.engine->models == host::Manifest::Models::folder) {
    auto folder = folder_model(target, call->inputs);
    auto const begun = folder ? begin_write(*call, folder->folder) : folder.error();
    if (!begun) return call->done(begun.error());
    job.model = std::move(*folder);
  } else if (target.engine->keeps) {
    keep_files(*job.model, target.folder);
  }
  job.inputs = call->inputs;
  job.job_class = options_.job_class;
  job.memory = call->site.memory;
  job.deadline = call->site.scope->deadline();
  // The inbox outlives a run whose messages come late; `this` is touched on the run's own thread only.
  job.paced = call->site.on_item != nullptr;
  auto const id = std::make_shared<host::JobId>(0);  // known to the closures only after submit
  job.on_chunk = [this, inbox = inbox_, call, id](std::string port, value::Value part) {
    inbox->post([this, call, id, port = std::move(port), part = std::move(part)] {
      part_came(*call, *id, port, part);
    });
  };
  job.on_progress = [this, inbox = inbox_, call](double done, double total, std::string what) {
    inbox->post([this, call, done, total, what = std::move(what)] {
      announce(Event::Kind::step_progress, call->site.step, what, done, total);
    });
  };
  job.on_done = [this, inbox = inbox_, call, id](host::JobReport report) {
    inbox->post([this, call, id, report = std::make_shared<host::JobReport>(std::move(report))] {
      call->site.scope->remove(*id);
      --jobs_under_way_;
      job_done(call, std::move(*report));
      submit_held();
    });
  };
  ++jobs_under_way_;
  announce(Event::Kind::step_started, call->site.step, call->name);
  *id = parts_.host.submit(std::move(job));
  call->site.scope->add(*id);
  if (call->site.scope->cancelled()) parts_.host.cancel(*id);
}

void Execution::part_came(CallState& call, host::JobId id, std::string const& port,
                          value::Value const& part) {
  auto const& on_item = call.site.on_item;
  Room room;
  if (on_item) {
    if (!call.pace) call.pace = std::make_shared<Pace>(parts_.host, id);
    room = Room(nullptr, [pace = call.pace](void const*) { pace->give_back_one(); });
  }
  if (call.failure) return;
  if (call.streams->has(port)) {
    if (auto const added = call.streams->add(port, part); !added) {
      call.failure = added.error();
      return parts_.host.cancel(id);
    }
    if (on_item) return on_item(port, part, room);
  }
  announce(Event::Kind::step_chunk, call.site.step, port, 0, 0, part);
}

Result<void> Execution::begin_write(CallState& call, std::string const& folder) {
  if (call.target->operation->effects == value::Effects::writes)
    call.write = TRY(parts_.generations.begin_write(folder));
  return {};
}

void Execution::settle_effects(CallState& call, Result<value::Value> const& outputs) {
  if (call.write) {
    // One that was told to stop may not have yet.
    auto const code = outputs ? Code::internal : outputs.error().code();
    if (code != Code::cancelled && code != Code::deadline_exceeded) call.write->end();
    call.write.reset();
  }
  if (call.folder.empty() || parts_.generations.find_or_make(call.folder) == call.generation) return;
  call.key.reset();
  call.why_not = kUnknownState;
}

void Execution::job_done(std::shared_ptr<CallState> const& call, host::JobReport report) {
  account(*call, report);
  settle_effects(*call, report.outputs);
  note_to_write();
  // It is not to be done again, should this process end now.
  if (call->target->operation->effects == value::Effects::writes) commit_by_ = MonotonicTime();
  auto outputs = std::move(report.outputs);
  // What an engine made of a file that changed meanwhile is neither the old one's nor the new one's.
  bool const cancelled = !outputs && outputs.error().code() == Code::cancelled;
  if (auto unchanged = inputs_are_still(call->inputs); !unchanged && !cancelled)
    outputs = std::move(unchanged).error();
  if (call->failure) outputs = *call->failure;
  if (outputs) {
    outputs = call->streams->complete(std::move(*outputs));
    auto fits =
        check_outputs(call->name, call->target->operation->signature.outputs, *outputs, *call->streams);
    if (!fits) outputs = std::move(fits).error();
  }
  auto record = record_of(*call, "done");
  record.seconds = seconds(parts_.clock.now() - call->started);
  record.made_by = describe(*call->target);
  record.inputs = describe(call->inputs);
  record.waited = {std::max(0.0, record.seconds - seconds(report.ran)), seconds(report.waits.load),
                   seconds(report.waits.cores)};
  record.worker = report.worker;
  record.cores = report.cores;
  if (!outputs) {
    record.state = outputs.error().code() == Code::cancelled ? "cancelled" : "failed";
    record.error = outputs.error().message();
    announce(Event::Kind::step_failed, call->site.step, record.error);
    records_.push_back(std::move(record));
    return call->done(std::move(outputs).error());
  }
  record.outputs = call->streams->describe(*outputs);
  keep_answer(*call, *outputs, report.evidence);
  records_.push_back(std::move(record));
  announce(Event::Kind::step_done, call->site.step, call->name);
  call->done(Answer{std::move(*outputs), std::move(report.evidence), false});
}

void Execution::account(CallState const& call, host::JobReport const& report) {
  ledger_.core_seconds += report.cpu_seconds;
  ledger_.peak_memory_bytes = std::max(ledger_.peak_memory_bytes, report.peak_bytes);
  if (!report.outputs) return;
  ledger_.calls += 1;
  if (call.model.empty()) return;
  auto& use = ledger_.models[call.model];
  use.calls += 1;
  use.tokens_in += count_in(report.evidence, "tokens_in");
  use.tokens_out += count_in(report.evidence, "tokens_out");
}

}  // namespace shoal::runtime
