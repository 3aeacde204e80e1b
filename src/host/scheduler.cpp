#include "host/scheduler.h"

#include <algorithm>

#include "base/text.h"

namespace shoal::host {
namespace {

// A job that was running when this many workers died, the last time alone, is not tried again; nor a load.
constexpr int kPoisonousDeaths = 2;
// How long a cancelled job may keep its worker before the worker is killed.
constexpr Duration kCancelGrace = std::chrono::seconds(2);
// Of the places for jobs, those that batch jobs cannot take: one part of so many.
constexpr std::size_t kKeptFromBatch = 10;
constexpr double kNewestRunCounts = 0.1;  // in the mean
constexpr double kGoneBeforeRetry = 0.1;
constexpr Duration kLongestRetry = std::chrono::seconds(60);

}  // namespace

bool Scheduler::Worker::is_loading() const {
  return std::any_of(models.begin(), models.end(), [](auto const& entry) {
    return entry.second.state == ModelState::loading || entry.second.state == ModelState::probing;
  });
}

Scheduler::Scheduler(Options options)
    : options_(std::move(options)),
      leases_(std::max(1, options_.machine.cores)),
      ledger_(options_.machine.memory) {}

std::vector<Action> Scheduler::on(Event const& event, MonotonicTime now) {
  now_ = std::max(now_, now);
  actions_.clear();
  std::visit([&](auto const& each) { handle(each); }, event);
  schedule();
  return std::exchange(actions_, {});
}

std::optional<MonotonicTime> Scheduler::next_tick() const { return wake_; }

void Scheduler::wake_at(MonotonicTime time) {
  if (!wake_ || time < *wake_) wake_ = time;
}

void Scheduler::handle(JobArrived const& event) {
  auto const& request = event.request;
  CHECK(!jobs_.contains(request.id));
  CHECK(options_.engines.contains(request.engine));
  auto const places =
      request.job_class == JobClass::batch ? options_.jobs - options_.jobs / kKeptFromBatch : options_.jobs;
  if (auto const open = jobs_.size() - cancelled_jobs_; open >= places) {
    auto const wait = retry_after();
    actions_.push_back(
        FailJob{request.id,
                Error(Code::busy, std::to_string(open) +
                                      " calls are waiting or running, and more are not taken; try again in " +
                                      human_seconds(seconds(wait))),
                wait});
    return;
  }
  auto& job = jobs_[request.id];
  job.request = request;
  job.rank = JobQueue::rank(request, now_);
  job.arrived = now_;
  if (request.deadline) deadlines_.emplace(*request.deadline, request.id);
  enqueue(job);
}

// When a part of those that wait will be gone, as jobs went so far.
Duration Scheduler::retry_after() const {
  auto const running = static_cast<double>(std::max<std::size_t>(jobs_.size() - queue_.size(), 1));
  auto const part = static_cast<double>(queue_.size()) * kGoneBeforeRetry;
  auto const wait = from_seconds(mean_run_seconds_ * part / running);
  return std::clamp<Duration>(wait, std::chrono::seconds(1), kLongestRetry);
}

void Scheduler::enqueue(Job& job) {
  job.state = JobState::queued;
  job.lacks_cores.reset();
  job.stalled = job.released = false;
  queue_.add(job.request, job.rank);
}

void Scheduler::handle(JobCancelled const& event) {
  auto const found = jobs_.find(event.job);
  if (found == jobs_.end() || found->second.state == JobState::cancelled) return;
  auto& job = found->second;
  if (job.request.deadline) deadlines_.erase({*job.request.deadline, event.job});
  if (job.state == JobState::queued) {
    queue_.remove(job.request, job.rank);
    jobs_.erase(found);
    return;
  }
  job.state = JobState::cancelled;
  job.kill_at = now_ + kCancelGrace;
  cancelled_jobs_ += 1;
  actions_.push_back(CancelJob{event.job, job.worker});
}

void Scheduler::take_off(Job& job) {
  auto& worker = workers_.at(job.worker);
  worker.running.erase(job.request.id);
  ledger_.release(MemoryLedger::holder_of(job.worker, job.request.id));
  if (worker.running.empty()) worker.idle_since = now_;
  auto& model = worker.models.at(job.request.model);
  model.running -= 1;
  model.last_used = now_;
  leases_.set_demand(job.worker, demand_of(worker, nullptr));
}

void Scheduler::handle(JobEnded const& event) {
  auto const found = jobs_.find(event.job);
  if (found == jobs_.end() || found->second.state == JobState::queued) return;
  auto& job = found->second;
  take_off(job);
  restarts_.works(workers_.at(job.worker).slot);
  mean_run_seconds_ += kNewestRunCounts * (seconds(now_ - job.sent) - mean_run_seconds_);
  if (job.state == JobState::cancelled) cancelled_jobs_ -= 1;
  if (job.request.deadline) deadlines_.erase({*job.request.deadline, event.job});
  jobs_.erase(found);
}

// What it held for its computing is free for others, first of all for those that read its stream. Going on
// it waits for nothing: it may compute on a core too many until others have given one back.
void Scheduler::handle(JobStalled const& event) {
  auto const found = jobs_.find(event.job);
  if (found == jobs_.end() || found->second.state == JobState::queued) return;
  auto& job = found->second;
  if (job.released) return;
  job.stalled = event.stalled;
  auto const demand = demand_of(workers_.at(job.worker), nullptr);
  if (!job.stalled) leases_.lease(job.worker, demand);
  leases_.set_demand(job.worker, demand);
}

void Scheduler::handle(WorkerReady const& event) {
  if (auto const found = workers_.find(event.worker); found != workers_.end()) found->second.ready = true;
}

void Scheduler::handle(WorkerDied const& event) {
  auto const found = workers_.find(event.worker);
  if (found == workers_.end()) return;
  auto const worker = std::move(found->second);
  workers_.erase(found);
  leases_.remove(event.worker);
  ledger_.release_all(event.worker);
  bool const alone = worker.running.empty() && !worker.is_loading() && !event.gave_up;
  for (auto const id : worker.running) job_lost(jobs_.at(id), worker, event);
  for (auto const& [name, model] : worker.models) load_lost(worker, name, event);
  // That we ended it is no sign against it.
  if (worker.stopping) return;
  int const deaths = restarts_.died(worker.slot, now_, alone);
  if (deaths < Restarts::kDeathsInARow) return;
  restarts_.forget(worker.slot);
  fail_slot(worker.slot,
            Error(Code::engine_failed, "worker " + worker.engine + " " + event.reason + ", " +
                                           std::to_string(deaths) + " times in a row; see `shoal doctor`"));
}

void Scheduler::job_lost(Job& job, Worker const& worker, WorkerDied const& death) {
  auto const id = job.request.id;
  if (!worker.stopping && !death.gave_up) job.deaths += 1;
  auto const what = "worker " + worker.engine + " " + death.reason;
  if (job.state == JobState::cancelled) {
    cancelled_jobs_ -= 1;
    jobs_.erase(id);
  } else if (!job.request.repeatable) {
    fail(id, Error(Code::engine_failed,
                   what + " during a step that writes, which is not repeated by itself; run it again"));
  } else if (job.deaths >= kPoisonousDeaths) {
    fail(id, Error(Code::engine_failed,
                   what + "; so did another worker on the same job, so the job is not tried again"));
  } else {
    enqueue(job);
  }
}

// A model whose load killed two workers, the second time with nothing else in it, is not tried again for
// those who wait.
void Scheduler::load_lost(Worker const& worker, std::string const& name, WorkerDied const& death) {
  auto const state = worker.models.at(name).state;
  bool const at_work = state == ModelState::loading || state == ModelState::probing;
  if (!at_work || worker.stopping || death.gave_up) return;
  LineKey const line{worker.engine, name};
  auto& facts = facts_[line];
  facts.load_deaths += 1;
  if (facts.load_deaths < kPoisonousDeaths) return;
  facts.load_deaths = 0;
  auto const what = "worker " + worker.engine + " " + death.reason +
                    " while it loaded the model; so did another one, so it is not tried again";
  note(Decision::Kind::fail, line, what);
  fail_line(line, Error(Code::engine_failed, what), worker.models.at(name).wanted);
}

void Scheduler::handle(CoresReturned const& event) { leases_.returned(event.worker); }

void Scheduler::handle(Tick const&) {}

void Scheduler::kill_overdue() {
  for (auto& [id, worker] : workers_) {
    if (worker.stopping) continue;
    for (auto const running : worker.running) {
      auto const& kill_at = jobs_.at(running).kill_at;
      if (!kill_at) continue;
      if (*kill_at > now_) {
        wake_at(*kill_at);
        continue;
      }
      worker.stopping = true;
      actions_.push_back(StopWorker{id, "did not stop a cancelled job in time and was killed"});
      break;
    }
  }
}

void Scheduler::expire_deadlines() {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now_) {
    auto const id = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    Error const over(Code::deadline_exceeded, "the call's deadline is over");
    auto& job = jobs_.at(id);
    job.request.deadline.reset();
    if (job.state == JobState::queued) {
      fail(id, over);
      continue;
    }
    handle(JobCancelled{id});
    actions_.push_back(FailJob{id, over});
  }
  if (!deadlines_.empty()) wake_at(deadlines_.begin()->first);
}

// Lines are served in the order of their first jobs; a line goes on until its first job has to wait.
void Scheduler::schedule() {
  wake_.reset();
  blocked_.clear();
  memory_is_claimed_ = room_is_awaited_ = false;
  expire_deadlines();
  kill_overdue();
  std::erase_if(hungry_, [&](auto const& entry) { return !queue_.has(entry.first); });
  for (auto& [id, worker] : workers_) {
    std::erase_if(worker.models, [&](auto const& entry) {
      return entry.second.state == ModelState::waiting && !queue_.has({worker.engine, entry.first});
    });
    if (!hungry_.empty()) continue;
    for (auto& [name, model] : worker.models) model.draining = false;
  }
  for (auto const& line : queue_.in_order()) {
    while (queue_.has(line) && advance(line)) continue;
  }
  release_stalled();
  relieve();
  retire_idle();
  auto const lines = queue_.in_order();
  if (std::none_of(lines.begin(), lines.end(), [&](auto const& line) { return waits_for_cores(line); }))
    leases_.widen();
  add_core_changes();
}

bool Scheduler::advance(LineKey const& line) {
  auto const first = queue_.first(line);
  WorkerId id = 0;
  auto* worker = worker_of_slot(slot_of(line), id);
  if (!worker) return start_worker(line), false;
  if (!worker->ready || worker->stopping || blocked_.contains(id)) return false;
  auto model = worker->models.find(line.model);
  if (model == worker->models.end()) {
    if (!may_load(line, *worker)) return blocked_.insert(id), false;
    begin_residency(line, *worker);
    model = worker->models.find(line.model);
  }
  if (model->second.state == ModelState::waiting) return load(line, id, *worker);
  if (model->second.state != ModelState::loaded) return false;
  if (model->second.draining || model->second.leaving) return false;
  auto& job = jobs_.at(first);
  if (job.request.length > model->second.length) return load(line, id, *worker);
  if (!may_join(job, *worker)) return blocked_.insert(id), false;
  auto const calls = traits(line.engine).calls;
  if (calls > 0 && at_work(*worker) >= static_cast<std::size_t>(calls)) return false;
  if (!has_room_to_run(line, first, id)) {
    bool const waits = jobs_.contains(first);
    room_is_awaited_ |= waits;
    return !waits;
  }
  bool const leased = leases_.lease(id, demand_of(*worker, &job.request));
  add_core_changes();
  if (leased) {
    send(first, id);
  } else if (!job.lacks_cores) {
    job.lacks_cores = now_;
  }
  return leased;
}

Waits Scheduler::waits_of(Job const& job, Model const& model) const {
  Waits waits;
  waits.load = std::max(model.since, job.arrived) - job.arrived;
  if (job.lacks_cores) waits.cores = now_ - std::max(*job.lacks_cores, job.arrived + waits.load);
  return waits;
}

void Scheduler::send(JobId id, WorkerId worker_id) {
  auto& job = jobs_.at(id);
  auto& worker = workers_.at(worker_id);
  queue_.remove(job.request, job.rank);
  job.state = JobState::running;
  job.worker = worker_id;
  job.sent = now_;
  worker.running.insert(id);
  if (job.request.memory > 0)
    ledger_.set(MemoryLedger::holder_of(worker_id, id), MemoryLedger::of_job(job.request));
  worker.models.at(job.request.model).running += 1;
  leases_.set_demand(worker_id, demand_of(worker, nullptr));
  use(line_of(job));
  actions_.push_back(SendJob{id, worker_id, waits_of(job, worker.models.at(job.request.model))});
}

bool Scheduler::is_suspect(LineKey const& line) const {
  auto const facts = facts_.find(line);
  return facts != facts_.end() && facts->second.load_deaths > 0;
}

// A job whose worker died runs alone the next time, so that none beside it is blamed for it, and so is a
// model loaded that killed one.
bool Scheduler::may_join(Job const& job, Worker const& worker) const {
  auto const runs_a_suspect = [&](JobId id) { return jobs_.at(id).deaths > 0; };
  auto const loads_a_suspect = [&](auto const& entry) {
    return entry.second.state == ModelState::loading && is_suspect({worker.engine, entry.first});
  };
  if (job.deaths > 0 && (!worker.running.empty() || worker.is_loading())) return false;
  return std::none_of(worker.running.begin(), worker.running.end(), runs_a_suspect) &&
         std::none_of(worker.models.begin(), worker.models.end(), loads_a_suspect);
}

bool Scheduler::may_load(LineKey const& line, Worker const& worker) const {
  if (is_suspect(line)) return worker.running.empty() && !worker.is_loading();
  return may_join(Job{}, worker);
}

void Scheduler::start_worker(LineKey const& line) {
  auto const slot = slot_of(line);
  if (auto const not_before = restarts_.not_before(slot); not_before && now_ < *not_before)
    return wake_at(*not_before);
  restarts_.started(slot, now_);
  auto const id = next_worker_++;
  auto& worker = workers_[id];
  worker.engine = line.engine;
  worker.slot = slot;
  worker.idle_since = now_;
  leases_.add(id);
  actions_.push_back(
      StartWorker{id, line.engine, traits(line.engine).one_model_per_worker ? line.model : std::string()});
}

CoreLeases::Demand Scheduler::demand_of(Worker const& worker, JobRequest const* further) const {
  int jobs = 0, wished = 0;
  auto const add = [&](JobRequest const& request) {
    jobs += 1;
    wished = request.cores == 0 ? leases_.total() : std::min(leases_.total(), wished + request.cores);
  };
  for (auto const id : worker.running) {
    if (auto const& job = jobs_.at(id); !job.stalled) add(job.request);
  }
  if (further) add(*further);
  return {traits(worker.engine).calls == 0 ? jobs : std::min(jobs, 1), wished};
}

std::size_t Scheduler::at_work(Worker const& worker) const {
  return static_cast<std::size_t>(std::count_if(worker.running.begin(), worker.running.end(),
                                                [&](JobId id) { return !jobs_.at(id).stalled; }));
}

void Scheduler::release_stalled() {
  auto const is_awaited = [&](WorkerId id, Worker const& worker) {
    return !hungry_.empty() || room_is_awaited_ || blocked_.contains(id) ||
           std::any_of(worker.models.begin(), worker.models.end(), [&](auto const& entry) {
             auto const& [name, model] = entry;
             LineKey const line{worker.engine, name};
             bool const is_to_grow =
                 queue_.has(line) && jobs_.at(queue_.first(line)).request.length > model.length;
             return model.draining || model.leaving || is_to_grow;
           });
  };
  for (auto const& [id, worker] : workers_) {
    if (!is_awaited(id, worker)) continue;
    for (auto const running : worker.running) {
      auto& job = jobs_.at(running);
      if (!job.stalled || job.state != JobState::running) continue;
      handle(JobStalled{running, false});
      job.released = true;
      actions_.push_back(ReleaseJob{running});
    }
  }
}

void Scheduler::add_core_changes() {
  for (auto const& change : leases_.take_changes()) actions_.push_back(change);
}

// Whether the line's first job could run if its worker had a core.
bool Scheduler::waits_for_cores(LineKey const& line) const {
  WorkerId id = 0;
  auto const* worker = worker_of_slot(slot_of(line), id);
  if (!worker || !worker->ready || worker->stopping || leases_.cores_of(id) > 0) return false;
  auto const model = worker->models.find(line.model);
  return model != worker->models.end() && model->second.state == ModelState::loaded &&
         jobs_.at(queue_.first(line)).request.length <= model->second.length;
}

void Scheduler::fail(JobId id, Error error) {
  auto const found = jobs_.find(id);
  auto const& request = found->second.request;
  if (request.deadline) deadlines_.erase({*request.deadline, id});
  if (found->second.state == JobState::queued) queue_.remove(request, found->second.rank);
  jobs_.erase(found);
  actions_.push_back(FailJob{id, std::move(error)});
}

void Scheduler::fail_line(LineKey const& line, Error const& error, std::int64_t length) {
  for (auto const id : queue_.jobs_of(line)) {
    if (jobs_.at(id).request.length >= length) fail(id, error);
  }
}

void Scheduler::fail_slot(std::string const& slot, Error const& error) {
  for (auto const& line : queue_.in_order()) {
    if (slot_of(line) == slot) fail_line(line, error);
  }
}

std::string Scheduler::slot_of(LineKey const& line) const {
  return traits(line.engine).one_model_per_worker ? line.engine + '\n' + line.model : line.engine;
}

Scheduler::Worker const* Scheduler::worker_of_slot(std::string const& slot, WorkerId& id) const {
  for (auto const& [worker_id, worker] : workers_) {
    if (worker.slot != slot) continue;
    id = worker_id;
    return &worker;
  }
  return nullptr;
}

Scheduler::Worker* Scheduler::worker_of_slot(std::string const& slot, WorkerId& id) {
  auto const* found = std::as_const(*this).worker_of_slot(slot, id);
  return found ? &workers_.at(id) : nullptr;
}

}  // namespace shoal::host
