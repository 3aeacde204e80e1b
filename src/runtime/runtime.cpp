#include "runtime/runtime.h"

#include "base/log.h"
#include "os/file.h"
#include "runtime/execution.h"
#include "runtime/ledger.h"

namespace shoal::runtime {
namespace {

void fill_energy(Ledger& ledger, std::optional<os::EnergyMeter>& meter, double joules_before) {
  if (meter) {
    ledger.energy_joules = meter->joules() - joules_before;
    ledger.energy_method = "measured by the processor (RAPL), with all else that ran meanwhile";
    return;
  }
  ledger.energy_joules = ledger.core_seconds * kAssumedWattsPerCore;
  ledger.energy_method =
      "estimated: core-seconds × " + std::to_string(static_cast<int>(kAssumedWattsPerCore)) + " W";
}

}  // namespace

Result<std::unique_ptr<Runtime>> Runtime::open(Options given, net::Egress& egress, Clock const& clock) {
  auto runtime = std::unique_ptr<Runtime>(new Runtime(std::move(given), clock));
  auto const& options = runtime->options_;
  auto const& home = options.home;
  for (auto const& folder : {home.data, home.cache}) TRY(os::make_folders(folder));

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
  runtime->journal_ = TRY(Journal::open(home.data + "/runs.db"));

  runtime->library_ = std::make_unique<Library>(runtime->engines_, *runtime->models_, home.data);
  using Kind = Library::DocumentKind;
  for (auto const& root : {options.installation.share, home.config}) {
    runtime->library_->add_folder(Kind::pipeline, root + "/pipelines");
    runtime->library_->add_folder(Kind::task, root + "/tasks");
  }
  return runtime;
}

Runtime::~Runtime() = default;

Result<void> Runtime::start_host() {
  if (host_) return {};
  lock_ = TRY(os::FileLock::acquire(options_.home.data + "/host.lock", os::own_command_line(), options_.stop,
                                    [this](os::FileLock::Holder const& holder) {
                                      if (options_.on_wait) options_.on_wait(holder.describe());
                                    }));
  TRY(journal_->mark_interrupted());
  energy_ = os::EnergyMeter::open();
  host_ = TRY(host::Host::start({engines_, options_.cores}, clock_));
  return {};
}

Result<void> Runtime::note_interrupted_runs() {
  if (host_) return {};
  auto const lock = TRY(os::FileLock::try_acquire(options_.home.data + "/host.lock", os::own_command_line()));
  if (std::holds_alternative<os::FileLock::Holder>(lock)) return {};
  return journal_->mark_interrupted();
}

RunResult Runtime::run(RunRequest request) {
  RunResult result;
  auto const target = library_->link(request.name);
  if (!target) {
    result.outputs = target.error();
    return result;
  }
  if (auto started = start_host(); !started) {
    result.outputs = std::move(started).error();
    return result;
  }
  RunRecord record;
  record.run = result.run = new_run_id(clock_.wall());
  record.name = target->name;
  record.started = clock_.wall();
  if (auto written = journal_->run_started(record.run, record.name, record.started); !written) {
    result.outputs = std::move(written).error().within("starting a run");
    return result;
  }

  auto const joules_before = energy_ ? energy_->joules() : 0;
  Execution::Options options;
  options.run = record.run;
  options.on_event = std::move(request.on_event);
  options.stop = request.stop;
  options.accept_failed_checks = request.accept_failed_checks;
  Execution execution({*host_, *cache_, *journal_, clock_}, std::move(options));
  result.outputs = execution.run(*target, std::move(request.inputs));

  auto& ledger = execution.ledger();
  fill_energy(ledger, energy_, joules_before);
  if (request.egress) ledger.bytes_off_machine = request.egress->report().total.bytes_out;
  result.checks_failed = execution.checks_failed();
  result.route = Json(execution.routes());
  result.ledger = to_json(ledger);

  record.state = "done";
  if (!result.outputs) {
    record.error = result.outputs.error().message();
    record.state = result.outputs.error().code() == Code::cancelled ? "cancelled" : "failed";
  }
  record.ended = clock_.wall();
  record.ledger = result.ledger;
  record.route = result.route;
  if (auto written = journal_->run_ended(record); !written) {
    log_warning("the journal could not be written: " + written.error().message());
  }
  return result;
}

}  // namespace shoal::runtime
