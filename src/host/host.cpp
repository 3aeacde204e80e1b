#include "host/host.h"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <future>
#include <new>

#include "base/log.h"
#include "base/text.h"
#include "host/report.h"
#include "os/file.h"
#include "value/json.h"
#include "wire/message.h"

namespace shoal::host {
namespace {

constexpr Duration kMemoryInterval = std::chrono::milliseconds(500);
// So far beyond the limit of all workers a single one cannot allocate any more: it is ended before, unless it
// is faster than the watch.
constexpr std::uint64_t kMemoryMargin = 256 << 20;

Scheduler::Options options_of(Host::Options const& host) {
  Scheduler::Options options;
  for (auto const& engine : host.engines) {
    options.engines[engine.engine] = {engine.calls, engine.one_model_per_worker,
                                      engine.models == Manifest::Models::file};
  }
  options.machine = {host.cores, {host.limits.memory_bytes}};
  options.jobs = host.limits.jobs;
  options.keep_alive = host.limits.keep_alive;
  return options;
}

}  // namespace

Result<std::unique_ptr<Host>> Host::start(Options options, Clock const& clock) {
  auto wakeup = TRY(os::Wakeup::create());
  auto host = std::unique_ptr<Host>(new Host(std::move(options), clock, std::move(wakeup)));
  host->thread_ = std::thread([&self = *host] { self.run(); });
  return host;
}

Host::Host(Options options, Clock const& clock, os::Wakeup wakeup)
    : options_(std::move(options)),
      clock_(clock),
      wakeup_(std::move(wakeup)),
      scheduler_(options_of(options_)) {}

Host::~Host() {
  post([this] { ending_ = true; });
  thread_.join();
}

Manifest const* Host::find_engine(std::string_view name) const {
  auto const found = std::find_if(options_.engines.begin(), options_.engines.end(),
                                  [&](auto const& engine) { return engine.engine == name; });
  return found == options_.engines.end() ? nullptr : &*found;
}

JobId Host::submit(JobSpec spec) {
  auto const id = next_id_++;
  // Here, as it may take long: the host's thread has others to look after.
  for (auto const& blob : value::blobs_of(spec.inputs)) (void)blob->hash();
  // Shared, as the closure that nobody takes still has it.
  auto const shared = std::make_shared<JobSpec>(std::move(spec));
  if (post([this, id, shared] { accept(id, std::move(*shared)); })) return id;
  if (shared->on_done)
    shared->on_done(report_of(Error(Code::unavailable, "the host has ended; see its log")));
  return id;
}

void Host::cancel(JobId job) {
  post([this, job] {
    if (!jobs_.contains(job)) return;
    charge_running(job);
    feed(JobCancelled{job});
    finish(job, report_of(Error(Code::cancelled, "cancelled")));
  });
}

bool Host::post(std::function<void()> command) {
  auto const waiting = inbox_.with([&](Inbox& inbox) -> std::size_t {
    if (inbox.closed) return 0;
    inbox.commands.push_back(std::move(command));
    return inbox.commands.size();
  });
  if (waiting == 1) wakeup_.signal();
  return waiting > 0;
}

std::vector<std::string> Host::keys_of(std::string const& model) const {
  std::vector<std::string> keys;
  for (auto const& [key, known] : models_) {
    if (known.names.contains(model)) keys.push_back(key);
  }
  return keys;
}

void Host::pin(std::string model, bool pinned) {
  post([this, model = std::move(model), pinned] {
    for (auto const& key : keys_of(model)) feed(PinChanged{key, pinned});
  });
}

void Host::unload(std::string model) {
  post([this, model = std::move(model)] {
    for (auto const& key : keys_of(model)) feed(UnloadRequested{key});
  });
}

Result<Snapshot> Host::snapshot() {
  auto const answer = std::make_shared<std::promise<Snapshot>>();
  auto taken = answer->get_future();
  if (!post([this, answer] { answer->set_value(take_snapshot()); }))
    return Error(Code::unavailable, "the host has ended; see its log");
  return taken.get();
}

void Host::run() {
  try {
    serve();
  } catch (std::exception const& thrown) {
    end_ = Error(Code::internal, std::string("the host has ended: ") + thrown.what());
    log_error(end_.message());
  }
  end_jobs();
  workers_.clear();
}

// What was posted meanwhile is answered like what was under way; after that nothing can be posted.
void Host::end_jobs() {
  inbox_.with([](Inbox& inbox) { inbox.closed = true; });
  ending_ = true;
  auto const unless_it_throws = [](auto const& work) {
    try {
      work();
    } catch (std::exception const& thrown) {
      log_error(std::string("at the host's end: ") + thrown.what());
    }
  };
  // One that throws is gone; the rest is still there.
  do unless_it_throws([this] { carry_out_commands(); });
  while (!commands_.empty());
  for (auto const& [id, job] : std::exchange(jobs_, {})) {
    if (job.spec.on_done) unless_it_throws([&, &done = job.spec.on_done] { done(report_of(end_)); });
  }
}

void Host::carry_out_commands() {
  auto arrived = inbox_.with([](Inbox& inbox) { return std::exchange(inbox.commands, {}); });
  std::move(arrived.begin(), arrived.end(), std::back_inserter(commands_));
  while (!commands_.empty()) {
    auto const command = std::move(commands_.front());
    commands_.pop_front();
    command();
  }
}

void Host::serve() {
  poller_.watch(wakeup_.descriptor(), os::Interest::read);
  while (true) {
    carry_out_commands();
    if (ending_) break;
    for (auto& [id, worker] : workers_) flush(*worker);
    poll_once();
    look_after_workers();
  }
}

std::optional<Duration> Host::time_to_wait() const {
  auto const now = clock_.now();
  std::optional<Duration> wait;
  if (auto const tick = scheduler_.next_tick()) wait = *tick - now;
  if (!workers_.empty()) {
    auto const interval = jobs_.empty() ? options_.limits.heartbeat.ping_interval : kMemoryInterval;
    wait = std::min<Duration>(wait.value_or(interval), interval);
  }
  if (!wait) return std::nullopt;
  // Rounded up: waking a little early would spin.
  return std::max<Duration>(*wait, Duration::zero()) + std::chrono::milliseconds(1);
}

void Host::poll_once() {
  auto const ready = poller_.wait(time_to_wait());
  if (!ready) {
    end_ = Error(Code::internal, "the host cannot wait for its workers: " + ready.error().message());
    log_error(end_.message());
    ending_ = true;
    return;
  }
  for (auto const& each : *ready) {
    if (each.descriptor == wakeup_.descriptor()) {
      wakeup_.clear();
      continue;
    }
    auto const found = std::find_if(workers_.begin(), workers_.end(), [&](auto const& entry) {
      auto& worker = *entry.second;
      return each.descriptor == worker.channel().descriptor() || each.descriptor == worker.error_output() ||
             each.descriptor == worker.process().exit_descriptor();
    });
    if (found == workers_.end()) continue;  // reaped in this round
    auto& worker = *found->second;
    if (each.descriptor == worker.channel().descriptor()) {
      if (each.readable || each.closed) receive(found->first);
    } else if (each.descriptor == worker.error_output()) {
      if (!worker.read_error_output()) poller_.remove(worker.error_output());
    } else {
      reap(found->first);
    }
  }
}

Result<void> Host::validate(JobSpec const& spec) const {
  auto const* engine = find_engine(spec.engine);
  if (!engine) {
    std::vector<std::string> names;
    for (auto const& each : options_.engines) names.push_back(each.engine);
    return Error(Code::not_found,
                 "there is no engine `" + spec.engine + "`" + did_you_mean(spec.engine, names));
  }
  if (!engine->find(spec.operation)) {
    return Error(Code::not_found,
                 "the engine `" + spec.engine + "` has no operation `" + spec.operation + "`");
  }
  if ((engine->models != Manifest::Models::none) != spec.model.has_value()) {
    return Error(Code::internal, "the engine `" + spec.engine + "` was called with the wrong kind of model");
  }
  if (spec.model) TRY(spec.model->length(*engine).within("loading " + spec.model->name));
  return {};
}

void Host::name_model(Job& job) {
  auto const& engine = *find_engine(job.spec.engine);
  auto const& spec = *job.spec.model;
  job.model = spec.key(engine);
  job.length = spec.length(engine).value();
  auto& known = models_[job.model];
  // The same content at two places: the worker may know the parts of the first only.
  std::error_code failed;
  bool const moved = known.spec.file != spec.file && !std::filesystem::exists(known.spec.file, failed);
  if (known.names.empty() || moved) known.spec = spec;
  known.names.insert(spec.name);
  known.options.emplace(job.length, spec.options);
}

std::string Host::called(std::string const& key, WorkerProcess const& worker) const {
  auto const known = models_.find(key);
  return known == models_.end() ? worker.manifest().engine : known->second.spec.name;
}

ModelSpec Host::spec_of(std::string const& key, std::int64_t length) const {
  auto const known = models_.find(key);
  if (known == models_.end()) return {};
  auto spec = known->second.spec;
  if (auto const options = known->second.options.find(length); options != known->second.options.end())
    spec.options = options->second;
  return spec;
}

void Host::accept(JobId id, JobSpec spec) {
  if (ending_) {
    if (spec.on_done) spec.on_done(report_of(end_));
    return;
  }
  auto const valid = validate(spec);
  auto& job = jobs_[id];
  job.spec = std::move(spec);
  job.submitted = clock_.now();
  if (!valid) return finish(id, report_of(valid.error()));
  auto const& operation = *find_engine(job.spec.engine)->find(job.spec.operation);
  JobRequest request;
  request.id = id;
  request.engine = job.spec.engine;
  if (job.spec.model) name_model(job);
  request.model = job.model;
  request.length = job.length;
  request.cores = operation.cores;
  request.memory = job.spec.memory;
  request.job_class = job.spec.job_class;
  request.repeatable = operation.effects != value::Effects::writes;
  request.deadline = job.spec.deadline;
  report_pressure();
  feed(JobArrived{std::move(request)});
}

// Events that come up while actions are carried out wait their turn: the scheduler is not re-entrant.
void Host::feed(Event event) {
  bool const nested = !events_.empty();
  events_.push_back(std::move(event));
  if (nested) return;
  for (std::size_t next = 0; next < events_.size(); ++next) {
    auto const current = std::move(events_[next]);
    for (auto& action : scheduler_.on(current, clock_.now())) carry_out(action);
  }
  events_.clear();
}

void Host::carry_out(Action& action) {
  struct Visitor {
    Host& host;
    WorkerProcess* find(WorkerId id) const {
      auto const found = host.workers_.find(id);
      return found == host.workers_.end() ? nullptr : found->second.get();
    }
    void operator()(StartWorker& start) const { host.start_worker(start); }
    void operator()(ProbeModel& probe) const { host.probe(probe); }
    void operator()(LoadModel& load) const { host.load(load); }
    void operator()(UnloadModel& unload) const {
      auto* worker = find(unload.worker);
      if (!worker || !worker->models.contains(unload.model)) return;
      if (!worker->channel().send(wire::FrameType::unload, worker->models.at(unload.model)))
        host.kill(*worker, "could not be told to unload a model");
    }
    void operator()(SendJob& send) const { host.send(send); }
    void operator()(SetCores& set) const {
      if (auto* worker = find(set.worker)) {
        auto const text = wire::to_json(wire::CoresLease{set.cores}).dump();
        worker->leases += 1;
        worker->cores = set.cores;
        host.note_cores(*worker);
        if (!worker->channel().send(wire::FrameType::cores, 0, text))
          host.kill(*worker, "could not be sent its cores");
      }
    }
    void operator()(CancelJob& cancel) const {
      if (auto* worker = find(cancel.worker)) {
        if (!worker->channel().send(wire::FrameType::cancel, cancel.job))
          host.kill(*worker, "could not be cancelled");
      }
    }
    void operator()(ReleaseJob& release) const {
      auto const job = host.jobs_.find(release.job);
      if (job == host.jobs_.end()) return;
      host.add_credit(release.job, wire::kUnboundedCredit);
      job->second.spec.paced = false;
    }
    void operator()(StopWorker& stop) const {
      if (auto* worker = find(stop.worker)) host.kill(*worker, stop.reason);
    }
    void operator()(FailJob& fail) const {
      host.charge_running(fail.job);
      auto report = report_of(std::move(fail.error));
      report.retry_after = fail.retry_after;
      host.finish(fail.job, std::move(report));
    }
  };
  std::visit(Visitor{*this}, action);
}

void Host::note_cores(WorkerProcess const& worker) {
  for (auto const id : worker.calls) {
    if (auto const job = jobs_.find(id); job != jobs_.end())
      job->second.cores = std::max(job->second.cores, worker.cores);
  }
}

void Host::start_worker(StartWorker const& action) {
  auto const& manifest = *find_engine(action.engine);
  auto const limit = options_.limits.memory_bytes;
  auto started = WorkerProcess::start(manifest, spec_of(action.model, 0), limit + kMemoryMargin,
                                      Heartbeat(options_.limits.heartbeat, clock_.now()));
  if (!started) {
    feed(WorkerDied{action.worker, "could not be started: " + started.error().message()});
    return;
  }
  auto& worker = *(workers_[action.worker] = std::move(*started));
  warn_of_missing_protection(worker.unprotected());
  poller_.watch(worker.channel().descriptor(), os::Interest::read);
  poller_.watch(worker.error_output(), os::Interest::read);
  poller_.watch(worker.process().exit_descriptor(), os::Interest::read);
  wire::Hello hello{wire::kProtocolVersion, "host", SHOAL_VERSION, true};
  if (!worker.channel().send(wire::FrameType::hello, 0, wire::to_json(hello).dump()))
    kill(worker, "could not be greeted");
}

// What a worker is to look at or load. Nothing where the worker is gone, or the file: then its jobs hear it.
std::optional<Host::OpenModel> Host::open_model(WorkerId id, std::string const& key, std::int64_t length) {
  auto const found = workers_.find(id);
  if (found == workers_.end()) return std::nullopt;
  OpenModel model{*found->second, spec_of(key, length), {}};
  if (model.spec.file.empty()) return model;
  auto file = os::open_for_reading(model.spec.file).within("loading " + model.spec.name);
  if (!file) return feed(LoadFailed{id, key, std::move(file).error()}), std::nullopt;
  model.file = std::move(*file);
  return model;
}

void Host::probe(ProbeModel const& action) {
  auto model = open_model(action.worker, action.model, action.length);
  if (!model) return;
  auto& [worker, spec, file] = *model;
  std::error_code unknown;
  auto const size = std::filesystem::file_size(spec.file, unknown);
  auto const number = next_id_++;
  worker.probes[number] = {action.model, unknown ? 0 : size};
  wire::LoadRequest const request{spec.name, spec.folder, spec.options, std::nullopt};
  auto const text = wire::to_json(request).dump();
  if (!worker.channel().send(wire::FrameType::probe, number, text, std::move(file)))
    kill(worker, "could not be sent a model");
}

void Host::load(LoadModel const& action) {
  auto model = open_model(action.worker, action.model, action.length);
  if (!model) return;
  auto& [worker, spec, file] = *model;
  // One that it has grows: it keeps its number.
  auto const number = worker.models.emplace(action.model, next_id_++).first->second;
  worker.loads[action.model] = clock_.now();
  wire::LoadRequest request{spec.name, spec.folder, spec.options, memory_to_give(), spec.parts};
  auto const sent =
      worker.channel().send(wire::FrameType::load, number, wire::to_json(request).dump(), std::move(file));
  if (!sent) kill(worker, "could not be sent a model");
}

void Host::send(SendJob const& action) {
  auto const found = jobs_.find(action.job);
  if (found == jobs_.end()) return feed(JobEnded{action.job});
  auto& job = found->second;
  auto& worker = *workers_.at(action.worker);
  job.worker = action.worker;
  job.waits = action.waits;
  job.cores = worker.cores;
  job.sent = clock_.now();
  job.credit = wire::kInitialCredit;
  job.parts = 0;
  auto const sent = [&]() -> Result<void> {
    wire::CallRequest request;
    request.operation = job.spec.operation;
    request.model = worker.models.at(job.model);
    request.length = job.length;
    if (job.spec.deadline) request.time_left = *job.spec.deadline - clock_.now();
    request.inputs =
        TRY(wire::send_blobs(worker.channel(), action.job, job.spec.inputs, wire::Hashes::stated));
    return worker.channel().send(wire::FrameType::call, action.job, wire::to_json(request).dump());
  }();
  if (sent) return void(worker.calls.insert(action.job));
  // It may hold some of the call's buffers already.
  if (!worker.channel().send(wire::FrameType::cancel, action.job)) kill(worker, "could not be cancelled");
  feed(JobEnded{action.job});
  finish(action.job, report_of(sent.error()));
}

void Host::finish(JobId id, JobReport report) {
  auto const found = jobs_.find(id);
  if (found == jobs_.end()) return;
  auto job = std::move(found->second);
  jobs_.erase(found);
  auto const now = clock_.now();
  report.cpu_seconds += job.cpu_seconds;
  if (job.worker != 0) {
    report.waited = job.sent - job.submitted;
    report.ran = now - job.sent;
    report.waits = job.waits;
    report.worker = job.worker;
    report.cores = job.cores;
  } else {
    report.waited = now - job.submitted;
  }
  if (job.spec.on_done) job.spec.on_done(std::move(report));
}

void Host::flush(WorkerProcess& worker) {
  // A peer that is gone is seen by its exit descriptor.
  if (worker.closed || !worker.channel().flush()) return;
  poller_.watch(worker.channel().descriptor(),
                worker.channel().has_unsent() ? os::Interest::read_write : os::Interest::read);
}

void Host::kill(WorkerProcess& worker, std::string reason) {
  if (worker.killed_because.empty()) worker.killed_because = std::move(reason);
  worker.process().kill();
}

void Host::reap(WorkerId id) {
  auto& worker = *workers_.at(id);
  auto const status = worker.process().try_wait();
  if (!status) return;
  // Answers that it gave before it died still count.
  if (worker.killed_because.empty()) {
    while (true) {
      auto const more = worker.channel().read();
      if (!more || !*more || !handle_all(id, worker)) break;
    }
  }
  charge(worker, status->cpu_seconds);
  worker.read_error_output();
  auto const reason = worker.describe_end(*status);
  bool const gave_up =
      worker.killed_because.empty() && status->signal == 0 && status->code == wire::kGaveUpExit;
  log_debug("worker " + worker.manifest().engine + " " + reason);
  poller_.remove(worker.channel().descriptor());
  poller_.remove(worker.error_output());
  poller_.remove(worker.process().exit_descriptor());
  workers_.erase(id);
  feed(WorkerDied{id, reason, gave_up});
}

void Host::look_after_workers() {
  auto const now = clock_.now();
  if (auto const tick = scheduler_.next_tick(); tick && *tick <= now) feed(Tick{});
  for (auto& [id, worker] : workers_) {
    if (worker->killed_because.empty()) look_after(id, *worker, now);
  }
  watch_memory(now);
}

void Host::look_after(WorkerId id, WorkerProcess& worker, MonotonicTime now) {
  if (auto const complaint = worker.heartbeat.complaint(now))
    return kill(worker, *complaint + " and was killed");
  for (auto const& [key, heard] : worker.loads) {
    if (now - heard > options_.limits.load_patience) return give_up_load(id, worker, key);
  }
  if (!worker.heartbeat.wants_ping(now)) return;
  worker.heartbeat.pinged(now);
  if (!worker.channel().send(wire::FrameType::ping, 0)) kill(worker, "could not be asked whether it lives");
}

// Its jobs hear it at once: another worker would wait as long.
void Host::give_up_load(WorkerId id, WorkerProcess& worker, std::string const& key) {
  auto const name = called(key, worker);
  auto const patience = human_seconds(seconds(options_.limits.load_patience));
  kill(worker, "told of no progress in loading " + name + " for " + patience + " and was killed");
  feed(LoadFailed{id, key,
                  Error(Code::deadline_exceeded, "loading " + name + ": worker " + worker.manifest().engine +
                                                     " " + worker.killed_because)});
}

void Host::watch_memory(MonotonicTime now) {
  if (workers_.empty() || now - memory_watched_ < kMemoryInterval) return;
  memory_watched_ = now;
  report_pressure();
  std::vector<MemoryWatch::Use> uses;
  std::vector<Event> reports;
  for (auto& [id, worker] : workers_) {
    auto const usage = os::usage_of(worker->process().pid());
    worker->private_bytes = (usage ? usage->private_bytes : 0) + worker->buffers().bytes();
    if (usage) worker->heartbeat.used(usage->cpu_seconds, computes(*worker), now);
    uses.push_back({id, worker->private_bytes, scheduler_.promised_to(id)});
    reports.push_back(MemoryReported{id, worker->private_bytes});
  }
  for (auto& report : reports) feed(std::move(report));
  auto const limit = options_.limits.memory_bytes;
  auto const grown = memory_watch_.look(uses, limit, now);
  if (!grown || !workers_.contains(*grown)) return;
  auto& worker = *workers_.at(*grown);
  if (!worker.killed_because.empty()) return;
  kill(worker, "took " + human_bytes(worker.private_bytes) +
                   " of memory, where all workers together may take " + human_bytes(limit) +
                   ", and was killed");
}

void Host::report_pressure() {
  auto const now = clock_.now();
  if (pressure_reported_ != MonotonicTime() && now - pressure_reported_ < kMemoryInterval) return;
  pressure_reported_ = now;
  feed(PressureReported{options_.limits.available_bytes(), options_.limits.memory_pressure()});
}

void Host::warn_of_missing_protection(std::vector<std::string> const& missing) {
  std::vector<std::string> told;
  for (auto const& reason : missing) {
    if (unprotected_.insert(reason).second) told.push_back(reason);
  }
  if (!told.empty())
    log_warning("workers run with less protection than they should: " + join(told, "; ") +
                " (`shoal doctor` says more)");
}

void Host::charge(WorkerProcess& worker, double cpu_seconds) {
  std::vector<Job*> running;
  for (auto const id : worker.calls) {
    if (auto const job = jobs_.find(id); job != jobs_.end()) running.push_back(&job->second);
  }
  auto const unheard = cpu_seconds - worker.cpu_seconds;
  if (running.empty() || unheard <= 0) return;
  for (auto* job : running) job->cpu_seconds += unheard / static_cast<double>(running.size());
  worker.cpu_seconds = cpu_seconds;
}

void Host::charge_running(JobId id) {
  auto const job = jobs_.find(id);
  if (job == jobs_.end()) return;
  auto const worker = workers_.find(job->second.worker);
  if (worker == workers_.end()) return;
  if (auto const usage = os::usage_of(worker->second->process().pid()))
    charge(*worker->second, usage->cpu_seconds);
}

std::uint64_t Host::memory_to_give() const {
  std::uint64_t taken = 0;
  for (auto const& [id, worker] : workers_) taken += worker->private_bytes;
  auto const limit = options_.limits.memory_bytes;
  return std::min(limit > taken ? limit - taken : 0, options_.limits.available_bytes());
}

}  // namespace shoal::host
