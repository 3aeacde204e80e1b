#include "host/scheduler.h"

#include <algorithm>

namespace shoal::host {
namespace {

// A job that was running when this many workers died, the last time alone, is not tried again.
constexpr int kPoisonousDeaths = 2;
// A worker that dies so often without finishing anything is not started again for the jobs that wait.
constexpr int kDeathsInARow = 3;
constexpr Duration kFirstPause = std::chrono::milliseconds(50);
constexpr Duration kLongestPause = std::chrono::seconds(10);
// How long a cancelled job may keep its worker before the worker is killed.
constexpr Duration kCancelGrace = std::chrono::seconds(2);

}  // namespace

Scheduler::Scheduler(std::map<std::string, EngineTraits> engines, int cores)
    : engines_(std::move(engines)), cores_(std::max(1, cores)) {}

std::vector<Action> Scheduler::on(Event const& event, MonotonicTime now) {
  actions_.clear();
  std::visit([&](auto const& each) { handle(each, now); }, event);
  schedule(now);
  return std::exchange(actions_, {});
}

std::optional<MonotonicTime> Scheduler::next_tick() const {
  std::optional<MonotonicTime> next;
  auto const consider = [&](std::optional<MonotonicTime> time) {
    if (time && (!next || *time < *next)) next = time;
  };
  for (auto const& [id, worker] : workers_) {
    if (worker.stopping) continue;
    for (auto const job : worker.running) consider(jobs_.at(job).kill_at);
  }
  for (auto const& [key, line] : lines_) {
    auto const slot = slots_.find(slot_of(key.first, key.second));
    if (slot != slots_.end()) consider(slot->second.not_before);
  }
  return next;
}

void Scheduler::handle(JobArrived const& event, MonotonicTime) {
  auto const& request = event.request;
  CHECK(!jobs_.contains(request.id));
  CHECK(engines_.contains(request.engine));
  auto& job = jobs_[request.id];
  job.request = request;
  enqueue(job);
}

void Scheduler::enqueue(Job& job) {
  job.state = JobState::queued;
  lines_[{job.request.engine, job.request.model}].insert({job.request.job_class, job.request.id});
}

void Scheduler::unqueue(Job const& job) {
  auto const line = lines_.find({job.request.engine, job.request.model});
  if (line == lines_.end()) return;
  line->second.erase({job.request.job_class, job.request.id});
  if (line->second.empty()) lines_.erase(line);
}

void Scheduler::handle(JobCancelled const& event, MonotonicTime now) {
  auto const found = jobs_.find(event.job);
  if (found == jobs_.end() || found->second.state == JobState::cancelled) return;
  auto& job = found->second;
  if (job.state == JobState::queued) {
    unqueue(job);
    jobs_.erase(found);
    return;
  }
  job.state = JobState::cancelled;
  actions_.push_back(CancelJob{event.job, job.worker});
  job.kill_at = now + kCancelGrace;
}

void Scheduler::handle(JobEnded const& event, MonotonicTime) {
  auto const found = jobs_.find(event.job);
  if (found == jobs_.end() || found->second.state == JobState::queued) return;
  auto& worker = workers_.at(found->second.worker);
  worker.running.erase(event.job);
  slots_.erase(worker.slot);
  jobs_.erase(found);
}

void Scheduler::handle(WorkerReady const& event, MonotonicTime) {
  if (auto const found = workers_.find(event.worker); found != workers_.end()) found->second.ready = true;
}

void Scheduler::handle(WorkerDied const& event, MonotonicTime now) {
  auto const found = workers_.find(event.worker);
  if (found == workers_.end()) return;
  auto const worker = std::move(found->second);
  workers_.erase(found);
  for (auto const id : worker.running) job_lost(jobs_.at(id), worker, event);
  // That we killed it is no sign against it.
  if (!worker.stopping) count_death(worker, event.reason, now);
}

void Scheduler::job_lost(Job& job, Worker const& worker, WorkerDied const& death) {
  auto const id = job.request.id;
  if (!worker.stopping && !death.gave_up) job.deaths += 1;
  auto const what = "worker " + worker.engine + " " + death.reason;
  if (job.state == JobState::cancelled) {
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

// The pause before the slot's next worker grows; after too many deaths the jobs that wait are failed.
void Scheduler::count_death(Worker const& worker, std::string const& reason, MonotonicTime now) {
  auto& slot = slots_[worker.slot];
  slot.deaths += 1;
  slot.not_before = now + std::min(kFirstPause * (1 << std::min(slot.deaths - 1, 10)), kLongestPause);
  if (slot.deaths < kDeathsInARow) return;
  auto const what = "worker " + worker.engine + " " + reason + ", " + std::to_string(slot.deaths) +
                    " times in a row; see `shoal doctor`";
  slots_.erase(worker.slot);
  std::vector<LineKey> served;
  for (auto const& [key, line] : lines_) {
    if (slot_of(key.first, key.second) == worker.slot) served.push_back(key);
  }
  fail_lines(served, Error(Code::engine_failed, what));
}

void Scheduler::handle(ModelLoaded const& event, MonotonicTime) {
  auto const found = workers_.find(event.worker);
  if (found != workers_.end()) found->second.models[event.model] = ModelState::loaded;
}

void Scheduler::handle(LoadFailed const& event, MonotonicTime) {
  auto const found = workers_.find(event.worker);
  if (found == workers_.end()) return;
  found->second.models.erase(event.model);
  fail_lines({{found->second.engine, event.model}}, event.error);
}

void Scheduler::handle(CoresReturned const& event, MonotonicTime) {
  auto const found = workers_.find(event.worker);
  if (found == workers_.end() || found->second.unanswered == 0) return;
  // Only the answer to the last one says that a core is free.
  if (--found->second.unanswered == 0) found->second.returning = 0;
}

void Scheduler::handle(Tick const&, MonotonicTime now) {
  for (auto& [id, worker] : workers_) {
    bool const overdue = std::any_of(worker.running.begin(), worker.running.end(), [&](JobId job) {
      auto const& kill_at = jobs_.at(job).kill_at;
      return kill_at && *kill_at <= now;
    });
    if (worker.stopping || !overdue) continue;
    worker.stopping = true;
    actions_.push_back(StopWorker{id, "did not stop a cancelled job in time and was killed"});
  }
}

// Lines are served in the order of their first jobs; a line goes on until its first job has to wait.
void Scheduler::schedule(MonotonicTime now) {
  std::vector<std::pair<std::pair<JobClass, JobId>, LineKey>> order;
  for (auto const& [key, line] : lines_) order.emplace_back(*line.begin(), key);
  std::sort(order.begin(), order.end());
  for (auto const& [first, key] : order) {
    for (auto line = lines_.find(key); line != lines_.end(); line = lines_.find(key)) {
      if (!advance(line->second.begin()->second, now)) break;
    }
  }
  widen_leases();
}

bool Scheduler::advance(JobId first, MonotonicTime now) {
  auto& job = jobs_.at(first);
  WorkerId id = 0;
  auto* worker = worker_of_slot(slot_of(job.request.engine, job.request.model), id);
  if (!worker) {
    start_worker(job, now);
    return false;
  }
  if (!worker->ready || worker->stopping) return false;
  auto const model = worker->models.find(job.request.model);
  if (model == worker->models.end()) {
    worker->models[job.request.model] = ModelState::loading;
    actions_.push_back(LoadModel{id, job.request.model});
    return false;
  }
  if (model->second == ModelState::loading) return false;
  if (!may_join(job, *worker)) return false;
  auto const calls = traits(worker->engine).calls;
  if (calls > 0 && worker->running.size() >= static_cast<std::size_t>(calls)) return false;
  if (!lease_for(*worker, id, job)) return false;
  unqueue(job);
  job.state = JobState::running;
  job.worker = id;
  worker->running.insert(first);
  actions_.push_back(SendJob{first, id});
  return true;
}

// A job whose worker died runs alone the next time, so that none beside it is blamed for it.
bool Scheduler::may_join(Job const& job, Worker const& worker) const {
  if (worker.running.empty()) return true;
  auto const is_suspect = [&](JobId id) { return jobs_.at(id).deaths > 0; };
  return job.deaths == 0 && std::none_of(worker.running.begin(), worker.running.end(), is_suspect);
}

void Scheduler::start_worker(Job const& job, MonotonicTime now) {
  auto const slot_name = slot_of(job.request.engine, job.request.model);
  auto const slot = slots_.find(slot_name);
  if (slot != slots_.end() && slot->second.not_before) {
    if (now < *slot->second.not_before) return;
    slot->second.not_before.reset();
  }
  auto const id = next_worker_++;
  Worker worker;
  worker.engine = job.request.engine;
  worker.slot = slot_name;
  workers_[id] = std::move(worker);
  auto const& model = traits(job.request.engine).one_model_per_worker ? job.request.model : std::string();
  actions_.push_back(StartWorker{id, job.request.engine, model});
}

// The cores that a worker cannot do without, given what runs on it.
int Scheduler::needed_cores(Worker const& worker) const {
  if (worker.running.empty()) return 0;
  return traits(worker.engine).calls == 0 ? static_cast<int>(worker.running.size()) : 1;
}

// The cores that a worker could use for what runs on it.
int Scheduler::wished_cores(Worker const& worker) const {
  int sum = 0;
  for (auto const id : worker.running) {
    auto const cores = jobs_.at(id).request.cores;
    if (cores == 0) return cores_;
    sum += cores;
  }
  return std::min(sum, cores_);
}

int Scheduler::free_cores() const {
  int free = cores_;
  for (auto const& [id, worker] : workers_) free -= worker.cores + worker.returning;
  return free;
}

bool Scheduler::lease_for(Worker& worker, WorkerId id, Job const& job) {
  int const needed = traits(worker.engine).calls == 0 ? static_cast<int>(worker.running.size()) + 1 : 1;
  int const wished =
      job.request.cores == 0 ? cores_ : std::min(cores_, wished_cores(worker) + job.request.cores);
  reclaim(wished - worker.cores - free_cores(), From::idle_workers);
  if (worker.cores + free_cores() < needed) {
    reclaim(needed - worker.cores - free_cores(), From::all_workers);
    if (worker.cores + free_cores() < needed) return false;
  }
  int const cores = std::min(std::max(needed, wished), worker.cores + free_cores());
  if (worker.cores < cores) take_cores(worker, id, cores);
  return worker.cores >= needed;
}

void Scheduler::take_cores(Worker& worker, WorkerId id, int wanted) {
  if (worker.returning > 0) return;  // its last answer is still to come
  worker.cores = wanted;
  worker.unanswered += 1;
  actions_.push_back(SetCores{id, wanted});
}

// Frees up to `wanted` cores: at once those of workers without work, later those that busy ones can spare.
void Scheduler::reclaim(int wanted, From from) {
  for (auto& [id, worker] : workers_) {
    if (wanted <= 0) return;
    if (from == From::idle_workers && !worker.running.empty()) continue;
    int const spare = worker.cores - needed_cores(worker);
    if (spare <= 0 || worker.returning > 0) continue;
    int const taken = std::min(spare, wanted);
    worker.cores -= taken;
    if (!worker.running.empty()) worker.returning = taken;
    worker.unanswered += 1;
    actions_.push_back(SetCores{id, worker.cores});
    wanted -= taken;
  }
}

// Whether the line's first job could run if its worker had a core.
bool Scheduler::waits_for_cores(LineKey const& line) {
  WorkerId id = 0;
  auto const* worker = worker_of_slot(slot_of(line.first, line.second), id);
  if (!worker || !worker->ready || worker->cores > 0) return false;
  auto const model = worker->models.find(line.second);
  return model != worker->models.end() && model->second == ModelState::loaded;
}

// What nobody waits for goes to workers that can use it.
void Scheduler::widen_leases() {
  for (auto const& [key, line] : lines_) {
    if (waits_for_cores(key)) return;
  }
  for (auto& [id, worker] : workers_) {
    int const wished = wished_cores(worker);
    if (worker.cores >= wished) continue;
    reclaim(wished - worker.cores - free_cores(), From::idle_workers);
    int const free = free_cores();
    if (free > 0) take_cores(worker, id, std::min(wished, worker.cores + free));
  }
}

void Scheduler::fail(JobId job, Error error) {
  auto const found = jobs_.find(job);
  unqueue(found->second);
  jobs_.erase(found);
  actions_.push_back(FailJob{job, std::move(error)});
}

void Scheduler::fail_lines(std::vector<LineKey> const& lines, Error const& error) {
  for (auto const& key : lines) {
    auto const line = lines_.find(key);
    if (line == lines_.end()) continue;
    auto const waiting = line->second;
    for (auto const& [job_class, id] : waiting) fail(id, error);
  }
}

std::string Scheduler::slot_of(std::string const& engine, std::string const& model) const {
  return traits(engine).one_model_per_worker ? engine + '\n' + model : engine;
}

EngineTraits const& Scheduler::traits(std::string const& engine) const { return engines_.at(engine); }

Scheduler::Worker* Scheduler::worker_of_slot(std::string const& slot, WorkerId& id) {
  for (auto& [worker_id, worker] : workers_) {
    if (worker.slot != slot) continue;
    id = worker_id;
    return &worker;
  }
  return nullptr;
}

std::vector<Scheduler::WorkerState> Scheduler::workers() const {
  std::vector<WorkerState> states;
  for (auto const& [id, worker] : workers_) {
    auto const newline = worker.slot.find('\n');
    states.push_back({id, worker.engine, newline == std::string::npos ? "" : worker.slot.substr(newline + 1),
                      worker.ready, worker.cores + worker.returning, worker.running.size()});
  }
  return states;
}

std::size_t Scheduler::queued_jobs() const {
  std::size_t count = 0;
  for (auto const& [key, line] : lines_) count += line.size();
  return count;
}

}  // namespace shoal::host
