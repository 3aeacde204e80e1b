#include "tests/simulation/world.h"

#include <algorithm>
#include <numeric>

namespace shoal::host {
namespace {

constexpr int kCores = 4;
constexpr std::uint64_t kMB = 1'000'000;
constexpr std::uint64_t kBudget = 1000 * kMB;
constexpr std::size_t kJobs = 120;
constexpr std::size_t kTraced = 25;

// What models need, a thousandth more for each of the length; `huge` never fits.
std::uint64_t size_of(std::string const& model, std::int64_t length) {
  static std::map<std::string, std::uint64_t> const sizes = {
      {"a", 600 * kMB}, {"b", 500 * kMB}, {"c", 300 * kMB}, {"h", 30 * kMB}, {"huge", 2000 * kMB}};
  auto const found = sizes.find(model);
  return found == sizes.end() ? 0 : found->second / 1000 * static_cast<std::uint64_t>(1000 + length);
}

MemoryByDevice memory(std::uint64_t bytes) {
  MemoryByKind kinds;
  kinds.weights = bytes;
  return {kinds};
}

Scheduler::Options options() {
  Scheduler::Options options;
  options.engines = {{"one", {2, true, true}}, {"many", {0, false}}, {"shared", {3, false, true}}};
  options.machine = {kCores, {kBudget}};
  options.jobs = kJobs;
  options.keep_alive = std::chrono::seconds(30);
  return options;
}

}  // namespace

World::World(std::uint64_t seed) : seed_(seed), scheduler_(options()) {}

std::size_t World::steady_jobs(SimulatedWorker const& worker) const {
  return static_cast<std::size_t>(std::count_if(worker.running.begin(), worker.running.end(), [&](JobId id) {
    return !jobs_.at(id).stalled && !jobs_.at(id).went_on;
  }));
}

int World::most_cores(SimulatedWorker const& worker) const {
  // What it may be using: the last that it obeyed, or any that it was told since.
  if (steady_jobs(worker) == 0) return 0;
  return std::max(worker.working_with,
                  worker.told.empty() ? 0 : *std::max_element(worker.told.begin(), worker.told.end()));
}

std::optional<std::string> World::run(std::vector<int> const& steps) {
  for (int const step : steps) {
    if (broken_) break;
    begin_step(step);
    // Now and then the machine slept, or the time stood still, or went back.
    now_ += pick(0, 200) == 0 ? Duration(std::chrono::seconds(pick(-5, 600)))
                              : Duration(std::chrono::milliseconds(pick(0, 60)));
    do_something();
    tick_if_due();
  }
  begin_step(-1);
  settle();
  if (!broken_) return std::nullopt;
  std::string words = *broken_ + "\nthe last events:\n";
  for (auto const& line : trace_) words += "  " + line + "\n";
  return words;
}

bool World::holds(bool condition, std::string const& what) {
  if (!condition && !broken_) broken_ = what;
  return condition;
}

void World::feed(Event const& event, std::string const& words) {
  if (broken_) return;
  trace_.push_back(std::to_string(seconds(now_.time_since_epoch())) + " s: " + words);
  if (trace_.size() > kTraced) trace_.pop_front();
  for (auto const& action : scheduler_.on(event, now_))
    std::visit([&](auto const& each) { obey(each); }, action);
  check();
}

void World::obey(StartWorker const& start) {
  trace_.back() += "; start " + std::to_string(start.worker) + " " + start.engine + " " + start.model;
  holds(!workers_.contains(start.worker), "a worker started twice");
  for (auto const& [id, other] : workers_)
    holds(other.engine != start.engine || start.engine == "one", "two workers for one slot");
  workers_[start.worker].engine = start.engine;
}

void World::obey(ProbeModel const& probe) {
  trace_.back() += "; probe " + probe.model + " of " + std::to_string(probe.length);
  auto& worker = workers_.at(probe.worker);
  auto& model = worker.models[probe.model];
  holds(worker.ready && (!model.loaded || model.length < probe.length), "probed what is loaded");
  model.probing = true;
  model.wanted = probe.length;
}

void World::obey(LoadModel const& load) {
  trace_.back() +=
      "; load " + load.model + " of " + std::to_string(load.length) + " in " + std::to_string(load.worker);
  auto& worker = workers_.at(load.worker);
  auto& model = worker.models[load.model];
  holds(worker.ready && worker.stopped.empty(), "a load in a worker that is not ready");
  holds(!model.loading && !model.probing && !model.unloading, "loaded twice");
  holds(!model.loaded || model.length < load.length, "loaded again for a length that it has");
  for (auto const job : worker.running)
    holds(jobs_.at(job).request.model != load.model, "grows under its calls: " + load.model);
  model.loading = true;
  model.wanted = load.length;
  model.believed = std::min(known(worker, load.model, load.length), kBudget);  // a doubtful estimate gets all
  bool const helper = model.believed < kHelperBytes;
  if (model.believed > 0)
    holds(granted(helper) <= (helper ? kBudget / 10 : kBudget),
          "a load was granted over the budget: " + load.model);
}

void World::obey(UnloadModel const& unload) {
  trace_.back() += "; unload " + unload.model;
  auto& worker = workers_.at(unload.worker);
  holds(worker.models.at(unload.model).loaded, "unloaded what is not loaded");
  for (auto const job : worker.running)
    holds(jobs_.at(job).request.model != unload.model, "a victim with work: " + unload.model);
  worker.models.at(unload.model).unloading = true;
}

void World::obey(SetCores const& set) {
  auto& worker = workers_.at(set.worker);
  worker.cores = set.cores;
  worker.told.push_back(set.cores);
}

void World::obey(SendJob const& send) {
  trace_.back() += "; send " + std::to_string(send.job) + " to " + std::to_string(send.worker);
  auto& worker = workers_.at(send.worker);
  auto& job = jobs_.at(send.job);
  holds(job.end == JobEnd::none, "a job that ended was sent");
  auto const model = worker.models.find(job.request.model);
  holds(model != worker.models.end() && model->second.loaded && !model->second.unloading,
        "sent before its model was there");
  holds(model->second.length >= job.request.length && !model->second.loading,
        "sent to a model that is too short");
  holds(worker.ready && worker.stopped.empty(), "sent to a worker that is not ready");
  holds(worker.cores >= 1, "sent to a worker without cores");
  holds(job.request.repeatable || !job.writes_begun, "work that writes was run twice");
  job.writes_begun = true;
  for (auto const& [id, other] : workers_) holds(!other.running.contains(send.job), "runs twice at once");
  if (steady_jobs(worker) == 0) {
    // Frames come in order: all that it was told before this job holds when the job begins.
    worker.working_with = worker.cores;
    std::fill(worker.told.begin(), worker.told.end(), worker.cores);
  }
  worker.running.insert(send.job);
  if (job.request.memory > 0) holds(taken_by_jobs() <= kBudget, "calls were sent that do not fit together");
  if (worker.engine == "many")
    holds(steady_jobs(worker) <= static_cast<std::size_t>(worker.cores), "more calls than cores");
}

void World::obey(CancelJob const& cancel) {
  holds(workers_.at(cancel.worker).running.contains(cancel.job), "cancelled where it does not run");
}

void World::obey(StopWorker const& stop) {
  trace_.back() += "; stop " + std::to_string(stop.worker);
  auto& worker = workers_.at(stop.worker);
  holds(worker.stopped.empty(), "stopped twice");
  bool const is_victim = stop.reason.starts_with("was ended");
  holds(!is_victim || worker.running.empty(), "a victim with work: worker " + std::to_string(stop.worker));
  worker.stopped = stop.reason;
}

void World::obey(ReleaseJob const& release) {
  trace_.back() += "; release " + std::to_string(release.job);
  auto& job = jobs_.at(release.job);
  holds(job.stalled && !job.released, "released what was not stalled: " + std::to_string(release.job));
  job.stalled = false;
  job.released = job.went_on = true;
}

void World::obey(FailJob const& fail) {
  auto& job = jobs_.at(fail.job);
  holds(job.end == JobEnd::none, "a job ended twice: " + std::to_string(fail.job));
  bool const own = fail.error.code() == Code::busy || fail.error.code() == Code::deadline_exceeded;
  // When all goes well nothing fails but what asks for too much, or seems to while others are there.
  bool const seems_too_large = fail.error.code() == Code::out_of_memory && granted(false) > 0 &&
                               fail.error.message().find("by an estimate") != std::string::npos;
  bool const too_large_beside = fail.error.message().find("besides its model") != std::string::npos;
  holds(!calm_ || own || seems_too_large || too_large_beside || job.request.model == "huge" ||
            !job.request.repeatable,
        "failed without a cause: " + fail.error.message());
  job.end = JobEnd::failed;
}

std::uint64_t World::granted(bool helpers) const {
  std::uint64_t bytes = 0;
  for (auto const& [id, worker] : workers_) {
    for (auto const& [name, model] : worker.models) {
      bool const counts = (model.loading || model.loaded) && (model.believed < kHelperBytes) == helpers;
      if (counts) bytes += model.believed;
    }
  }
  return bytes;
}

// Beside their models.
std::uint64_t World::taken_by_jobs() const {
  std::uint64_t bytes = 0;
  for (auto const& [id, worker] : workers_) {
    for (auto const job : worker.running) {
      auto const memory = jobs_.at(job).request.memory;
      if (memory > 0) bytes += std::max(memory, kHelperBytes);
    }
  }
  return bytes;
}

void World::check() {
  int cores = 0;
  for (auto const& [id, worker] : workers_) {
    holds(worker.cores >= 0, "fewer cores than none");
    holds(steady_jobs(worker) == 0 || worker.cores >= 1, "a busy worker lost its last core");
    cores += most_cores(worker);
  }
  holds(cores <= kCores, "more cores at work than there are");
}

void World::do_something() {
  switch (pick(0, 11)) {
    case 0:
    case 1:
    case 2: return arrive(pick(0, 40) == 0 ? 60 : 1);
    case 3:
    case 4: return end_a_job();
    case 5: return pick(0, 1) ? cancel_a_job() : stall_a_job();
    case 6:
      if (pick(0, 4) == 0) kill_a_worker();
      return;
    case 7:
      if (pick(0, 4) == 0) press();
      return;
    default: return answer();
  }
}

void World::arrive(int count) {
  static std::vector<std::string> const engines = {"one", "many", "shared"};
  static std::vector<std::string> const models = {"a", "b", "c", "h"};
  for (int i = 0; i < count && !broken_; ++i) {
    JobRequest request;
    request.id = next_job_++;
    request.engine = engines[static_cast<std::size_t>(pick(0, 2))];
    if (request.engine != "many") request.model = models[static_cast<std::size_t>(pick(0, 3))];
    if (request.engine == "one" && pick(0, 60) == 0) request.model = "huge";
    if (!request.model.empty()) request.length = pick(0, 3) == 0 ? pick(1, 4) * 100 : 100;
    request.cores = pick(0, 2);
    request.job_class = static_cast<JobClass>(pick(0, 2));
    request.repeatable = pick(0, 3) != 0;
    if (pick(0, 5) == 0) request.memory = static_cast<std::uint64_t>(pick(1, 300)) * kMB;
    if (pick(0, 9) == 0) request.deadline = now_ + std::chrono::milliseconds(pick(-100, 20'000));
    jobs_[request.id].request = request;
    feed(JobArrived{request},
         "job " + std::to_string(request.id) + " for " + request.engine + " " + request.model);
  }
}

// One thing that a worker owes.
void World::answer() {
  if (workers_.empty()) return;
  auto worker = std::next(workers_.begin(), pick(0, static_cast<int>(workers_.size()) - 1));
  if (worker->second.stopped.empty()) answer(worker->first, worker->second);
}

void World::answer(WorkerId id, SimulatedWorker& worker) {
  auto const name = std::to_string(id);
  if (!worker.ready) {
    worker.ready = true;
    return feed(WorkerReady{id}, name + " is ready");
  }
  if (!worker.told.empty() && pick(0, 1)) {
    worker.working_with = worker.told.front();
    worker.told.pop_front();
    return feed(CoresReturned{id}, name + " obeyed");
  }
  for (auto& [key, model] : worker.models) {
    if (model.probing || model.loading || model.unloading) return answer(id, worker, std::string(key), model);
  }
}

void World::answer(WorkerId id, SimulatedWorker& worker, std::string const& key, SimulatedModel& model) {
  auto const name = std::to_string(id);
  bool const fails = !calm_ && pick(0, 9) == 0;
  if (model.unloading) {
    worker.models.erase(key);
    return feed(ModelUnloaded{id, key}, name + " unloaded " + key);
  }
  if (fails &&
      (model.loading || model.loaded)) {  // what cannot be is told when a grown one is looked at, too
    model.loading = model.probing = false;
    model.believed = known(worker, key, model.length);
    if (!model.loaded) worker.models.erase(key);
    return feed(LoadFailed{id, key, Error(Code::engine_failed, "simulated")},
                name + " failed to load " + key);
  }
  auto const size = size_of(key, model.wanted);
  if (model.probing) {
    model.probing = false;
    auto const off = pick(0, 3) == 0 && !calm_ ? pick(50, 160) : 100;  // estimates are wrong
    auto const told = size * static_cast<std::uint64_t>(off) / 100;
    known(worker, key, model.wanted) = told;
    return feed(ModelProbed{id, key, memory(told)}, name + " probed " + key);
  }
  model.loading = false;
  model.loaded = true;
  model.length = model.wanted;
  model.believed = size;
  if (!key.empty()) known(worker, key, model.length) = size;
  feed(ModelLoaded{id, key, memory(size)}, name + " loaded " + key);
}

std::uint64_t& World::known(SimulatedWorker const& worker, std::string const& key, std::int64_t length) {
  return known_[worker.engine + " " + key + " " + std::to_string(length)];
}

void World::end_a_job() {
  for (auto& [id, worker] : workers_) {
    if (worker.running.empty() || !worker.stopped.empty() || pick(0, 1)) continue;
    auto const found = std::find_if(worker.running.begin(), worker.running.end(), [&](JobId running) {
      auto const& candidate = jobs_.at(running);
      return !candidate.stalled || candidate.end != JobEnd::none || !reader_waits(running);
    });
    if (found == worker.running.end()) continue;
    auto const job = *found;
    worker.running.erase(found);
    jobs_.at(job).stalled = false;
    if (jobs_.at(job).end == JobEnd::none) jobs_.at(job).end = JobEnd::done;
    return feed(JobEnded{job}, "job " + std::to_string(job) + " ended");
  }
}

bool World::reader_waits(JobId stalled) const {
  return std::any_of(jobs_.begin(), jobs_.end(), [&](auto const& entry) {
    return entry.first != stalled && entry.second.end == JobEnd::none && !entry.second.stalled;
  });
}

// Somebody reads what it sends after all, or not for now.
void World::stall_a_job() {
  for (auto& [id, worker] : workers_) {
    for (auto const running : worker.running) {
      auto& job = jobs_.at(running);
      if (job.released || job.end != JobEnd::none || pick(0, 1)) continue;
      job.went_on |= job.stalled;
      job.stalled = !job.stalled;
      return feed(JobStalled{running, job.stalled},
                  "job " + std::to_string(running) + (job.stalled ? " waits for its reader" : " goes on"));
    }
  }
}

void World::cancel_a_job() {
  auto const found = jobs_.find(static_cast<JobId>(pick(1, static_cast<int>(next_job_))));
  if (found == jobs_.end() || found->second.end != JobEnd::none) return;
  found->second.end = JobEnd::cancelled;
  feed(JobCancelled{found->first}, "job " + std::to_string(found->first) + " is cancelled");
}

void World::kill_a_worker() {
  if (workers_.empty()) return;
  die(std::next(workers_.begin(), pick(0, static_cast<int>(workers_.size()) - 1))->first);
}

void World::die(WorkerId id) {
  for (auto const running : workers_.at(id).running) {
    auto& job = jobs_.at(running);
    job.stalled = job.went_on = job.released = false;
  }
  workers_.erase(id);
  feed(WorkerDied{id, "was killed"}, std::to_string(id) + " died");
}

// Workers take more than was thought, or other programs do; people ask for things.
void World::press() {
  auto const model = std::string(1, static_cast<char>('a' + pick(0, 2)));
  switch (pick(0, 3)) {
    case 0: {
      if (workers_.empty()) return;
      auto const id = std::next(workers_.begin(), pick(0, static_cast<int>(workers_.size()) - 1))->first;
      return feed(MemoryReported{id, static_cast<std::uint64_t>(pick(0, 900)) * kMB}, "memory is reported");
    }
    case 1: {
      PressureReported const pressure{static_cast<std::uint64_t>(pick(0, 2000)) * kMB,
                                      pick(0, 3) == 0 ? 0.3 : 0};
      return feed(pressure, "pressure is reported");
    }
    case 2: return feed(PinChanged{model, pick(0, 2) == 0}, "a pin is changed");
    default: return feed(UnloadRequested{model}, model + " is to go");
  }
}

void World::tick_if_due() {
  if (auto const tick = scheduler_.next_tick(); tick && *tick <= now_) feed(Tick{}, "tick");
  // Those that were told to end do so.
  for (auto each = workers_.begin(); each != workers_.end() && !broken_;) {
    auto const id = each->first;
    bool const ends = !each->second.stopped.empty();
    ++each;
    if (ends) die(id), each = workers_.upper_bound(id);
  }
}

// Nothing new comes, everybody answers, memory is there: every job must end, and none must fail.
void World::settle() {
  now_ += std::chrono::minutes(1);  // deaths and squeezes are over
  for (auto const& [id, worker] : std::map<WorkerId, SimulatedWorker>(workers_))
    feed(MemoryReported{id, 0}, "memory is reported");
  for (auto const* model : {"a", "b", "c"}) feed(PinChanged{model, false}, "a pin is taken off");
  feed(PressureReported{4 * kBudget, 0}, "no pressure");
  calm_ = true;
  for (int round = 0; round < 100'000 && !broken_; ++round) {
    bool const open = std::any_of(jobs_.begin(), jobs_.end(),
                                  [](auto const& entry) { return entry.second.end == JobEnd::none; });
    if (!open) return;
    now_ += std::chrono::milliseconds(10);
    tick_if_due();
    pick(0, 1) ? answer() : end_a_job();
  }
  std::string open;
  for (auto const& [id, job] : jobs_) {
    auto const& request = job.request;
    if (job.end == JobEnd::none)
      open += "; job " + std::to_string(id) + " for " + request.engine + " " + request.model + " of " +
              std::to_string(request.length);
  }
  holds(false, "jobs were lost or starved" + open);
}

// Chunks are left out as long as something still breaks, first large ones.
std::vector<int> shrink(std::uint64_t seed, int steps) {
  constexpr int kTries = 1500;
  std::vector<int> kept(static_cast<std::size_t>(steps));
  std::iota(kept.begin(), kept.end(), 0);
  int tries = 0;
  for (auto chunk = kept.size() / 2; chunk > 0; chunk /= 2) {
    for (std::size_t from = 0; from < kept.size() && tries < kTries; ++tries) {
      auto fewer = kept;
      auto const begin = fewer.begin() + static_cast<std::ptrdiff_t>(from);
      fewer.erase(begin, begin + static_cast<std::ptrdiff_t>(std::min(chunk, fewer.size() - from)));
      if (World(seed).run(fewer)) {
        kept = std::move(fewer);
      } else {
        from += chunk;
      }
    }
  }
  return kept;
}

}  // namespace shoal::host
