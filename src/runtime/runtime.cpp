#include "runtime/runtime.h"

#include <filesystem>

#include "base/log.h"
#include "os/file.h"
#include "os/poller.h"
#include "runtime/execution.h"
#include "runtime/files.h"
#include "runtime/order.h"
#include "runtime/provenance.h"

namespace shoal::runtime {
namespace {

constexpr std::string_view kCancel = "cancel ";
constexpr auto kLookAgain = std::chrono::milliseconds(10);
constexpr auto kResumedByItselfWithin = std::chrono::hours(24);
// A run that ends the host each time is not begun again and again.
constexpr int kMostAttemptsByItself = 3;

}  // namespace

Runtime::Runtime(Options options, Clock const& clock)
    : options_(std::move(options)), clock_(clock), cpu_(os::own_cpu_seconds), energy_([this] {
        return hosting_.with([](auto& hosting) { return hosting->energy ? hosting->energy->joules() : 0.0; });
      }) {}

Result<std::unique_ptr<Runtime>> Runtime::open(Options given, net::Egress& egress, Clock const& clock) {
  auto runtime = std::unique_ptr<Runtime>(new Runtime(std::move(given), clock));
  auto const& options = runtime->options_;
  auto const& home = options.home;
  TRY(os::make_home(home));

  runtime->engines_ = TRY(host::load_manifests(options.installation.engines));
  auto catalog_folders = options.catalog_folders;
  catalog_folders.insert(catalog_folders.begin(),
                         {options.installation.share + "/catalog", home.config + "/catalog"});
  auto mirror_files = options.mirror_files;
  mirror_files.push_back(home.config + "/mirrors.yaml");
  store::ModelStore::Options models;
  models.folder = home.data + "/models";
  models.catalog = store::Catalog::load(catalog_folders, mirror_files);
  for (auto const& problem : models.catalog.problems()) log_warning(problem.message());
  runtime->models_ = TRY(store::ModelStore::open(std::move(models), egress, clock));
  runtime->artifacts_ = TRY(store::ArtifactStore::open(home.data + "/artifacts"));
  runtime->cache_ = TRY(StepCache::open(home.cache, *runtime->artifacts_));
  runtime->journal_ =
      TRY(Journal::open(home.data + "/runs.db", [&self = *runtime] { return self.leave_to_mend(); }));

  runtime->library_ = runtime->make_library();
  std::vector<std::string> folders;
  for (auto const& root : {options.installation.share, home.config}) {
    for (auto const* kind : {"/pipelines", "/tasks"}) folders.push_back(root + kind);
  }
  runtime->live_library_ = std::make_unique<LiveLibrary>(
      [part = runtime.get()] { return part->make_library(); }, std::move(folders));
  return runtime;
}

std::unique_ptr<Library> Runtime::make_library() const {
  auto library = std::make_unique<Library>(engines_, *models_, options_.home.data, options_.home.cache);
  library->limit_memory(options_.memory_bytes.value_or(host::Limits().memory_bytes));
  for (auto const& root : {options_.installation.share, options_.home.config}) {
    library->add_folder(Library::DocumentKind::pipeline, root + "/pipelines");
    library->add_folder(Library::DocumentKind::task, root + "/tasks");
  }
  return library;
}

Result<host::Host*> Runtime::own_host() {
  auto* host = hosting_.with([](auto& hosting) { return hosting ? hosting->host.get() : nullptr; });
  if (host) return host;
  return Error(Code::unavailable, "this process has no host of models");
}

Result<Json> Runtime::host_state() { return to_json(TRY(TRY(own_host())->snapshot())); }

Result<void> Runtime::pin(std::string const& model, bool pinned) {
  TRY(own_host())->pin(TRY(models_->find(model)).entry.name, pinned);
  return {};
}

Result<void> Runtime::unload(std::string const& model) {
  TRY(own_host())->unload(TRY(models_->find(model)).entry.name);
  return {};
}

Result<void> Runtime::take_home() {
  TRY(start_host(Patience::give_up));
  return {};
}

// The home's lock is still held here: no run of another process needs what is dropped.
Runtime::~Runtime() {
  if (cache_) tidy();
}

void Runtime::tidy() {
  if (!cache_->has_grown()) return;
  auto pruned = [&]() -> Result<void> {
    TRY(prune_kept_files(kept_folder(), CacheBounds().kept));
    return cache_->prune({}, TRY(kept_for_interrupted()), clock_.wall());
  }();
  if (!pruned) log_warning("the step cache could not be made smaller: " + pruned.error().message());
}

Result<StepCache::Kept> Runtime::kept_for_interrupted() {
  StepCache::Kept kept;
  for (auto const& record : TRY(journal_->interrupted())) {
    kept.runs.insert(record.run);
    collect_artifacts(record.order, *artifacts_, kept.artifacts);
  }
  for (auto const& key : TRY(journal_->keys_of_interrupted())) {
    if (auto const hash = Sha256::from_hex(key)) kept.keys.insert(*hash);
  }
  return kept;
}

Result<os::FileLock> Runtime::lock_home(Patience patience) {
  if (patience == Patience::wait) {
    return os::FileLock::acquire(lock_path(), os::own_command_line(), options_.stop,
                                 [this](os::FileLock::Holder const& holder) {
                                   if (options_.on_wait) options_.on_wait(holder.describe());
                                 });
  }
  auto lock = TRY(os::FileLock::try_acquire(lock_path(), os::own_command_line()));
  if (auto* const free = std::get_if<os::FileLock>(&lock)) return std::move(*free);
  return Error(Code::busy, std::get<os::FileLock::Holder>(lock).describe() + " has this home's models");
}

Result<host::Host*> Runtime::start_host(Patience patience) {
  auto const running = [this] {
    return hosting_.with([](auto& hosting) { return hosting ? hosting->host.get() : nullptr; });
  };
  if (auto* host = running()) return host;
  std::lock_guard const one_at_a_time(starting_);
  if (auto* host = running()) return host;
  if (!lock_) lock_ = TRY(lock_home(patience));
  holds_home_ = true;
  TRY(journal_->mark_interrupted());
  if (auto pruned = journal_->prune({}); !pruned)
    log_warning("old runs could not be forgotten: " + pruned.error().message());
  Hosting started;
  started.energy = os::EnergyMeter::open();
  host::Limits limits;
  limits.memory_bytes = options_.memory_bytes.value_or(limits.memory_bytes);
  started.host = TRY(host::Host::start({engines_, options_.cores, std::move(limits)}, clock_));
  auto mailbox = os::Mailbox::open(mailbox_path(), [this](std::string_view message) { hear(message); });
  if (mailbox) {
    started.mailbox = std::move(*mailbox);
  } else {
    log_warning("`shoal cancel` will not reach this process: " + mailbox.error().message());
  }
  auto* const host = started.host.get();
  hosting_.with([&](auto& hosting) { hosting = std::move(started); });
  return host;
}

Result<std::shared_ptr<void const>> Runtime::leave_to_mend() const {
  if (holds_home_) return std::shared_ptr<void const>();
  auto lock = TRY(os::FileLock::try_acquire(lock_path(), os::own_command_line()));
  if (auto const* holder = std::get_if<os::FileLock::Holder>(&lock))
    return Error(Code::busy, holder->describe() + " uses this home; try again when it has ended");
  return std::make_shared<os::FileLock>(std::move(std::get<os::FileLock>(lock)));
}

void Runtime::hear(std::string_view message) {
  if (!message.starts_with(kCancel)) return;
  auto stop = running_.with([&](auto& running) {
    auto const found = running.find(std::string(message.substr(kCancel.size())));
    return found == running.end() ? std::stop_source(std::nostopstate) : found->second;
  });
  stop.request_stop();
}

Result<std::shared_ptr<void const>> Runtime::claim(std::string const& path) const {
  std::error_code failed;
  auto const whole = std::filesystem::weakly_canonical(path, failed);
  auto const locks = options_.home.data + "/locks";
  TRY(os::make_folders(locks));
  return claim_file(locks + "/" + sha256((failed ? path : whole.string())).hex());
}

Result<void> Runtime::keep(value::Blob const& blob) const {
  TRY(artifacts_->put(blob.bytes(), blob.hash()));
  return blob.still();
}

Result<value::BlobPtr> Runtime::kept(value::Blob::Facts facts) const {
  CHECK(facts.hash);
  auto const file = std::make_shared<os::MappedFile>(TRY(artifacts_->get(*facts.hash)));
  facts.descriptor = file->descriptor().get();
  return value::Blob::view(file->bytes(), file, std::move(facts));
}

Result<void> Runtime::note_interrupted_runs() {
  if (holds_home_) return {};
  auto const lock = TRY(os::FileLock::try_acquire(lock_path(), os::own_command_line()));
  if (std::holds_alternative<os::FileLock::Holder>(lock)) return {};
  return journal_->mark_interrupted();
}

Result<RunRecord> Runtime::cancel(std::string const& run, Duration patience, std::stop_token const& stop) {
  auto record = TRY(journal_->find(run));
  if (record.state != "running") return record;
  TRY(note_interrupted_runs());
  auto const wakeup = TRY(os::Wakeup::create());
  std::stop_callback const wake(stop, [&] { wakeup.signal(); });
  os::Poller poller;
  poller.watch(wakeup.descriptor(), os::Interest::read);
  auto const until = clock_.now() + patience;
  bool asked = false;
  while (record = TRY(journal_->find(record.run)), record.state == "running") {
    if (!asked) {
      auto const left = os::leave_message(mailbox_path(), std::string(kCancel) + record.run);
      if (!left && left.error().code() != Code::not_found) return left.error();
      // Nobody there: it has ended just now, or not begun to listen yet.
      asked = left.has_value();
    }
    if (clock_.now() >= until) {
      return Error(Code::deadline_exceeded,
                   "run " + record.run + " was asked to end and has not yet; see `shoal runs`");
    }
    if (!TRY(poller.wait(kLookAgain)).empty()) return Error(Code::cancelled, "cancelled");
  }
  return record;
}

void Runtime::fill_shares(Ledger& ledger, double cpu_begun, double energy_begun) {
  ledger.core_seconds += cpu_.end(cpu_begun);
  auto const joules = energy_.end(energy_begun);
  bool const measured = hosting_.with([](auto& hosting) { return hosting->energy.has_value(); });
  ledger.energy_joules = measured ? joules : ledger.core_seconds * kAssumedWattsPerCore;
  ledger.energy_method =
      measured ? "measured by the processor (RAPL), with all else that ran meanwhile"
               : "estimated: core-seconds × " + std::to_string(static_cast<int>(kAssumedWattsPerCore)) + " W";
}

Result<std::vector<StepRecord>> Runtime::explore(Target const& target, value::Value const& inputs) {
  // Gets no job, so it starts no worker.
  auto const host = TRY(host::Host::start({engines_, options_.cores}, clock_));
  Execution execution({*host, *cache_, *journal_, generations_, clock_}, {});
  return execution.explore(target, inputs);
}

Result<Target> Runtime::wanted(host::Host& host, Target const& target, RunRequest const& request) {
  if (!request.part) return target;
  auto part = TRY(part_of(target, *request.part));
  if (!request.part->alone) return part;
  Execution execution({host, *cache_, *journal_, generations_, clock_}, {});
  TRY(require_cached(TRY(execution.explore(part, request.inputs)), request.part->step));
  return part;
}

RunResult Runtime::run(std::string const& name, RunRequest request) {
  auto const target = library_->link(name);
  if (!target) return RunResult::failed(target.error());
  return run(*target, std::move(request));
}

RunResult Runtime::run(Target const& target, RunRequest request) {
  auto const host = start_host();
  if (!host) return RunResult::failed(host.error());
  auto const part = wanted(**host, target, request);
  if (!part) return RunResult::failed(part.error());
  RunRecord record;
  record.run = request.run.empty() ? new_run_id(clock_.wall()) : request.run;
  record.name = target.name;
  record.started = clock_.wall();
  record.inputs = describe(request.inputs);
  record.program = SHOAL_VERSION;
  auto order = write_order(*this, request.what.empty() ? target.name : request.what, request);
  if (!order) return RunResult::failed(std::move(order).error().within("starting a run"), record.run);
  record.order = std::move(*order);
  if (auto written = journal_->run_started(record); !written)
    return RunResult::failed(std::move(written).error().within("starting a run"), record.run);
  return perform(**host, *part, std::move(request), std::move(record));
}

RunResult Runtime::resume(std::string const& run, RunRequest request) {
  auto const host = start_host();
  if (!host) return RunResult::failed(host.error());
  auto record = journal_->find(run);
  if (!record) return RunResult::failed(record.error());
  auto target = [&]() -> Result<Target> {
    bool const is_here = running_.with([&](auto& running) { return running.count(record->run) > 0; });
    if (is_here) return Error(Code::refused, "it is running");
    TRY(require_resumable(*record));
    TRY(read_order(*this, record->order, request));
    auto linked = TRY(wanted(**host, TRY(link(request.what)), request));
    TRY(journal_->run_resumed(record->run));
    return linked;
  }();
  if (!target) return RunResult::failed(std::move(target).error().within("run " + record->run), record->run);
  return perform(**host, *target, std::move(request), std::move(*record));
}

std::vector<std::string> Runtime::resumable_runs() {
  auto const records = journal_->interrupted();
  if (!records) log_warning("the journal could not be read: " + records.error().message());
  std::vector<std::string> runs;
  if (!records) return runs;
  for (auto const& record : *records) {
    bool const is_young = clock_.wall() - record.started < kResumedByItselfWithin;
    if (is_young && record.attempts < kMostAttemptsByItself && !record.order.is_null())
      runs.push_back(record.run);
  }
  return runs;
}

RunResult Runtime::perform(host::Host& host, Target const& target, RunRequest request, RunRecord record) {
  RunResult result;
  result.run = record.run;
  std::stop_source stop;
  std::stop_callback const from_outside(request.stop, [&stop] { stop.request_stop(); });
  running_.with([&](auto& running) { running.insert_or_assign(record.run, stop); });

  auto const cpu_begun = cpu_.begin(), energy_begun = energy_.begin();
  Execution::Options options;
  options.run = record.run;
  options.on_event = std::move(request.on_event);
  options.stop = stop.get_token();
  options.accept_failed_checks = request.accept_failed_checks;
  options.job_class = request.job_class;
  options.deadline = request.deadline;
  options.resumes = record.ended || record.state == "interrupted";
  Execution execution({host, *cache_, *journal_, generations_, clock_}, std::move(options));
  result.outputs = execution.run(target, request.inputs);
  running_.with([&](auto& running) { running.erase(record.run); });

  auto& ledger = execution.ledger();
  fill_shares(ledger, cpu_begun, energy_begun);
  if (request.egress) ledger.bytes_off_machine = request.egress->report().total.bytes_out;
  result.checks_failed = execution.checks_failed();
  result.route = Json(execution.routes());
  result.ledger = to_json(ledger);
  note_end(std::move(record), result, execution);
  return result;
}

void Runtime::note_end(RunRecord record, RunResult const& result, Execution& execution) {
  record.state = "done";
  if (!result.outputs) {
    record.error = result.outputs.error().message();
    record.state = result.outputs.error().code() == Code::cancelled ? "cancelled" : "failed";
  } else {
    record.outputs = describe(*result.outputs);
  }
  record.ended = clock_.wall();
  record.ledger = result.ledger;
  record.route = result.route;
  auto written = journal_->run_ended(record, execution.take_records());
  // One that did not succeed may be resumed.
  if (written && result.outputs && execution.kept_for_run()) written = cache_->forget(record.run);
  if (!written) log_warning("the journal could not be written: " + written.error().message());
  execution.tell();
}

}  // namespace shoal::runtime
