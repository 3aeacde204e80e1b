#include "host/host.h"

#include <algorithm>
#include <exception>

#include "base/log.h"
#include "base/text.h"
#include "os/file.h"
#include "value/json.h"
#include "wire/message.h"

namespace shoal::host {
namespace {

constexpr Duration kHelloPatience = std::chrono::seconds(10);
constexpr Duration kPingInterval = std::chrono::seconds(2);
constexpr Duration kPingPatience = std::chrono::seconds(20);
constexpr Duration kMemoryInterval = std::chrono::milliseconds(500);
// So far beyond the limit of all workers a single one cannot allocate any more: it is ended before, unless it
// is faster than the watch.
constexpr std::uint64_t kMemoryMargin = 256 << 20;

std::map<std::string, EngineTraits> traits_of(std::vector<Manifest> const& engines) {
  std::map<std::string, EngineTraits> traits;
  for (auto const& engine : engines) traits[engine.engine] = {engine.calls, engine.one_model_per_worker};
  return traits;
}

Result<Json> payload(wire::Frame const& frame) { return Json::parse(frame.payload); }

// The key of the model with this number, which `worker` loads or has loaded.
std::optional<std::string> model_key(WorkerProcess const& worker, std::uint64_t number) {
  for (auto const& [key, each] : worker.models) {
    if (each == number) return key;
  }
  return std::nullopt;
}

}  // namespace

Result<std::unique_ptr<Host>> Host::start(Options options, Clock const& clock) {
  auto host = std::unique_ptr<Host>(new Host(std::move(options), clock, TRY(os::Wakeup::create())));
  host->thread_ = std::thread([&self = *host] { self.run(); });
  return host;
}

Host::Host(Options options, Clock const& clock, os::Wakeup wakeup)
    : options_(std::move(options)),
      clock_(clock),
      wakeup_(std::move(wakeup)),
      scheduler_(traits_of(options_.engines), options_.cores) {}

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
  if (over_) {
    JobReport report;
    report.outputs = Error(Code::internal, "the host has ended; see its log");
    if (spec.on_done) spec.on_done(std::move(report));
    return id;
  }
  post([this, id, spec = std::move(spec)]() mutable { accept(id, std::move(spec)); });
  return id;
}

void Host::cancel(JobId job) {
  post([this, job] {
    if (!jobs_.contains(job)) return;
    feed(JobCancelled{job});
    JobReport report;
    report.outputs = Error(Code::cancelled, "cancelled");
    finish(job, std::move(report));
  });
}

void Host::post(std::function<void()> command) {
  bool const first = inbox_.with([&](auto& inbox) {
    inbox.push_back(std::move(command));
    return inbox.size() == 1;
  });
  if (first) wakeup_.signal();
}

void Host::run() {
  try {
    serve();
  } catch (std::exception const& thrown) {
    log_error(std::string("the host ends: ") + thrown.what());
  }
  over_ = true;
  // What was posted meanwhile is answered like what was under way.
  for (auto& command : inbox_.with([](auto& inbox) { return std::exchange(inbox, {}); })) command();
  for (auto const& [id, job] : std::exchange(jobs_, {})) {
    JobReport report;
    report.outputs = Error(Code::cancelled, "the host is ending");
    if (job.spec.on_done) job.spec.on_done(std::move(report));
  }
  workers_.clear();
}

void Host::serve() {
  poller_.watch(wakeup_.descriptor(), os::Interest::read);
  while (true) {
    for (auto& command : inbox_.with([](auto& inbox) { return std::exchange(inbox, {}); })) command();
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
    auto const interval = jobs_.empty() ? kPingInterval : kMemoryInterval;
    wait = std::min<Duration>(wait.value_or(interval), interval);
  }
  if (!wait) return std::nullopt;
  // Rounded up: waking a little early would spin.
  return std::max<Duration>(*wait, Duration::zero()) + std::chrono::milliseconds(1);
}

void Host::poll_once() {
  auto const ready = poller_.wait(time_to_wait());
  if (!ready) {
    log_error("the host cannot wait for its workers: " + ready.error().message());
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
  if (jobs_.size() >= options_.limits.jobs) {
    return Error(Code::busy, std::to_string(jobs_.size()) +
                                 " calls are waiting or running, and more are not taken; try "
                                 "again when some have ended");
  }
  return {};
}

void Host::accept(JobId id, JobSpec spec) {
  if (over_) {
    JobReport report;
    report.outputs = Error(Code::cancelled, "the host is ending");
    if (spec.on_done) spec.on_done(std::move(report));
    return;
  }
  auto const valid = validate(spec);
  auto& job = jobs_[id];
  job.spec = std::move(spec);
  job.submitted = clock_.now();
  if (!valid) {
    JobReport report;
    report.outputs = valid.error();
    finish(id, std::move(report));
    return;
  }
  auto const& operation = *find_engine(job.spec.engine)->find(job.spec.operation);
  JobRequest request;
  request.id = id;
  request.engine = job.spec.engine;
  if (job.spec.model) {
    request.model = job.spec.model->key();
    models_.emplace(request.model, *job.spec.model);
  }
  request.cores = operation.cores;
  request.job_class = job.spec.job_class;
  request.repeatable = operation.effects != value::Effects::writes;
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
    void operator()(LoadModel& load) const { host.load(load); }
    void operator()(SendJob& send) const { host.send(send); }
    void operator()(SetCores& set) const {
      if (auto* worker = find(set.worker)) {
        auto const text = wire::to_json(wire::CoresLease{set.cores}).dump();
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
    void operator()(StopWorker& stop) const {
      if (auto* worker = find(stop.worker)) host.kill(*worker, stop.reason);
    }
    void operator()(FailJob& fail) const {
      JobReport report;
      report.outputs = std::move(fail.error);
      host.finish(fail.job, std::move(report));
    }
  };
  std::visit(Visitor{*this}, action);
}

void Host::start_worker(StartWorker const& action) {
  auto const& manifest = *find_engine(action.engine);
  auto const model = models_.find(action.model);
  auto const limit = options_.limits.memory_bytes;
  auto started = WorkerProcess::start(manifest, model == models_.end() ? "" : model->second.folder,
                                      limit + kMemoryMargin);
  if (!started) {
    feed(WorkerDied{action.worker, "could not be started: " + started.error().message()});
    return;
  }
  auto& worker = *(workers_[action.worker] = std::move(*started));
  worker.started = worker.last_ping = worker.last_pong = clock_.now();
  poller_.watch(worker.channel().descriptor(), os::Interest::read);
  poller_.watch(worker.error_output(), os::Interest::read);
  poller_.watch(worker.process().exit_descriptor(), os::Interest::read);
  wire::Hello hello{wire::kProtocolVersion, "host", SHOAL_VERSION, true};
  if (!worker.channel().send(wire::FrameType::hello, 0, wire::to_json(hello).dump()))
    kill(worker, "could not be greeted");
}

void Host::load(LoadModel const& action) {
  auto const found = workers_.find(action.worker);
  if (found == workers_.end()) return;
  auto& worker = *found->second;
  ModelSpec const spec = action.model.empty() ? ModelSpec{} : models_.at(action.model);
  os::Descriptor file;
  if (!spec.file.empty()) {
    auto opened = os::open_for_reading(spec.file);
    if (!opened) {
      feed(LoadFailed{action.worker, action.model, std::move(opened).error().within("loading " + spec.name)});
      return;
    }
    file = std::move(*opened);
  }
  auto const number = next_id_++;
  worker.models[action.model] = number;
  worker.loads[action.model] = clock_.now();
  wire::LoadRequest request{spec.name, spec.folder, spec.options, memory_to_give()};
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
  job.sent = clock_.now();
  auto const key = job.spec.model ? job.spec.model->key() : std::string();
  auto const sent = [&]() -> Result<void> {
    wire::CallRequest request;
    request.operation = job.spec.operation;
    request.model = worker.models.at(key);
    request.inputs =
        TRY(wire::send_blobs(worker.channel(), action.job, job.spec.inputs, wire::Hashes::stated));
    return worker.channel().send(wire::FrameType::call, action.job, wire::to_json(request).dump());
  }();
  if (sent) return;
  // It may hold some of the call's buffers already.
  if (!worker.channel().send(wire::FrameType::cancel, action.job)) kill(worker, "could not be cancelled");
  feed(JobEnded{action.job});
  JobReport report;
  report.outputs = sent.error();
  finish(action.job, std::move(report));
}

void Host::finish(JobId id, JobReport report) {
  auto const found = jobs_.find(id);
  if (found == jobs_.end()) return;
  auto job = std::move(found->second);
  jobs_.erase(found);
  auto const now = clock_.now();
  if (job.worker != 0) {
    report.waited = job.sent - job.submitted;
    report.ran = now - job.sent;
  } else {
    report.waited = now - job.submitted;
  }
  if (job.spec.on_done) job.spec.on_done(std::move(report));
}

void Host::receive(WorkerId id) {
  auto& worker = *workers_.at(id);
  auto received = worker.channel().receive();
  if (!received) {
    // The process ends or has ended: its status says more than the closed socket.
    worker.closed = true;
    poller_.remove(worker.channel().descriptor());
    if (received.error().code() != Code::unavailable) {
      kill(worker, "broke the wire protocol (" + received.error().message() + ") and was killed");
    } else {
      worker.process().terminate();
    }
    return;
  }
  for (auto& frame : *received) {
    auto const handled = handle(id, worker, std::move(frame));
    if (handled) continue;
    kill(worker, "broke the wire protocol (" + handled.error().message() + ") and was killed");
    return;
  }
}

Result<void> Host::handle(WorkerId id, WorkerProcess& worker, wire::Received received) {
  using Type = wire::FrameType;
  worker.last_pong = clock_.now();
  switch (received.frame.type) {
    case Type::hello: {
      auto const hello = TRY(wire::hello_from(TRY(payload(received.frame))));
      if (hello.protocol != wire::kProtocolVersion) {
        return Error(Code::unsupported, "it speaks version " + std::to_string(hello.protocol) +
                                            ", the host version " + std::to_string(wire::kProtocolVersion));
      }
      worker.ready = true;
      feed(WorkerReady{id});
      return {};
    }
    case Type::cores: feed(CoresReturned{id}); return {};
    case Type::result: return on_result(id, worker, received.frame);
    case Type::error: return on_error(id, worker, received.frame);
    case Type::chunk: return on_chunk(id, worker, received.frame);
    case Type::buffer: return worker.buffers().add(std::move(received));
    default: return {};
  }
}

// The job that this worker runs under the frame's number: none where it was cancelled, and an error where a
// worker speaks of what is another's.
Result<Host::Job*> Host::job_of(WorkerId id, wire::Frame const& frame) {
  auto const found = jobs_.find(frame.call);
  if (found == jobs_.end()) return nullptr;
  if (found->second.worker == id) return &found->second;
  return Error(Code::invalid_argument,
               "a frame for call " + std::to_string(frame.call) + ", which is not its own");
}

Result<void> Host::on_result(WorkerId id, WorkerProcess& worker, wire::Frame const& frame) {
  if (auto const key = model_key(worker, frame.call)) {
    worker.loads.erase(*key);
    feed(ModelLoaded{id, *key});
    return {};
  }
  auto* const job = TRY(job_of(id, frame));
  auto const reply = TRY(wire::call_reply_from(TRY(payload(frame))));
  JobReport report;
  auto const inputs = job ? value::blobs_of(job->spec.inputs) : wire::InputBlobs();
  report.outputs = worker.buffers().take_value(frame.call, reply.outputs, inputs);
  report.evidence = reply.evidence;
  report.cpu_seconds = std::max(0.0, reply.cpu_seconds - worker.cpu_seconds);
  report.peak_bytes = reply.peak_bytes;
  worker.cpu_seconds = reply.cpu_seconds;
  feed(JobEnded{frame.call});
  finish(frame.call, std::move(report));
  return {};
}

Result<void> Host::on_error(WorkerId id, WorkerProcess& worker, wire::Frame const& frame) {
  auto const json = payload(frame);
  auto error = json ? wire::error_from(*json) : Error(Code::engine_failed, "an error that cannot be read");
  if (auto const key = model_key(worker, frame.call)) {
    worker.models.erase(*key);
    worker.loads.erase(*key);
    auto const& name = models_.contains(*key) ? models_.at(*key).name : worker.manifest().engine;
    feed(LoadFailed{id, *key, std::move(error).within("loading " + name)});
    return {};
  }
  TRY(job_of(id, frame));
  worker.buffers().drop(frame.call);
  JobReport report;
  report.outputs = std::move(error);
  feed(JobEnded{frame.call});
  finish(frame.call, std::move(report));
  return {};
}

Result<void> Host::on_chunk(WorkerId id, WorkerProcess& worker, wire::Frame const& frame) {
  auto const chunk = TRY(wire::chunk_from(TRY(payload(frame))));
  if (auto const key = model_key(worker, frame.call)) {  // how far a load is
    if (auto const load = worker.loads.find(*key); load != worker.loads.end()) load->second = clock_.now();
    return {};
  }
  auto* const job = TRY(job_of(id, frame));
  if (chunk.port.empty()) {
    if (job && job->spec.on_progress) job->spec.on_progress(chunk.done, chunk.total, chunk.what);
    return {};
  }
  auto part = TRY(worker.buffers().take_value(frame.call, chunk.part));
  TRY(worker.channel().send(wire::FrameType::credit, frame.call, Json::object({{"chunks", 1}}).dump()));
  if (job && job->spec.on_chunk) job->spec.on_chunk(chunk.port, std::move(part));
  return {};
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
    if (auto received = worker.channel().receive()) {
      for (auto& frame : *received) {
        if (!handle(id, worker, std::move(frame))) break;
      }
    }
  }
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
  if (!worker.ready) {
    if (now - worker.started > kHelloPatience) kill(worker, "did not say hello in time and was killed");
    return;
  }
  bool const answered = worker.last_pong >= worker.last_ping;
  if (!answered && now - worker.last_ping > kPingPatience) {
    return kill(worker, "did not answer for " + human_seconds(seconds(kPingPatience)) + " and was killed");
  }
  for (auto const& [key, heard] : worker.loads) {
    if (now - heard > options_.limits.load_patience) return give_up_load(id, worker, key);
  }
  if (!answered || now - worker.last_ping < kPingInterval) return;
  worker.last_ping = now;
  if (!worker.channel().send(wire::FrameType::ping, 0)) kill(worker, "could not be asked whether it lives");
}

// Its jobs hear it at once: another worker would wait as long.
void Host::give_up_load(WorkerId id, WorkerProcess& worker, std::string const& key) {
  auto const model = models_.find(key);
  auto const name = model == models_.end() ? worker.manifest().engine : model->second.name;
  auto const patience = human_seconds(seconds(options_.limits.load_patience));
  kill(worker, "told of no progress in loading " + name + " for " + patience + " and was killed");
  feed(LoadFailed{id, key,
                  Error(Code::deadline_exceeded, "loading " + name + ": worker " + worker.manifest().engine +
                                                     " " + worker.killed_because)});
}

void Host::watch_memory(MonotonicTime now) {
  if (workers_.empty() || now - memory_watched_ < kMemoryInterval) return;
  memory_watched_ = now;
  std::uint64_t total = 0;
  WorkerProcess* largest = nullptr;
  for (auto& [id, worker] : workers_) {
    auto const usage = os::usage_of(worker->process().pid());
    worker->private_bytes = usage ? usage->private_bytes : 0;
    total += worker->private_bytes;
    if (!largest || worker->private_bytes > largest->private_bytes) largest = worker.get();
  }
  auto const limit = options_.limits.memory_bytes;
  if (total <= limit || !largest->killed_because.empty()) return;
  kill(*largest, "took " + human_bytes(largest->private_bytes) +
                     " of memory, where all workers together may take " + human_bytes(limit) +
                     ", and was killed");
}

std::uint64_t Host::memory_to_give() const {
  std::uint64_t taken = 0;
  for (auto const& [id, worker] : workers_) taken += worker->private_bytes;
  auto const limit = options_.limits.memory_bytes;
  return std::min(limit > taken ? limit - taken : 0, options_.limits.available_bytes());
}

}  // namespace shoal::host
