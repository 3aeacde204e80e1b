// Which models are resident: the scheduler's account of memory. A model is loaded when the ledger has room
// for it, after others were evicted; those that have work are not, but get no more once others have waited
// for a turn.
#include <algorithm>

#include "base/text.h"
#include "host/scheduler.h"

namespace shoal::host {
namespace {

// How long a model may be used at least before others can ask for its memory, and how long it stays without
// work: so long that loading is a small part of the time.
constexpr Duration kShortestTurn = std::chrono::seconds(2);
constexpr int kTurnLoads = 8;
constexpr Duration kLeastResidency = std::chrono::seconds(1);
constexpr int kResidencyLoads = 2;
// A line that waits so long has the next memory that comes free to itself.
constexpr Duration kLongestHunger = std::chrono::seconds(5);
// An estimate that is more than what there is by so much may still be wrong.
constexpr double kDoubtfulExcess = 1.5;
// Where processes wait for memory for so much of the time, a tenth of ours is given back, and after a while
// more.
constexpr double kStalled = 0.1;
constexpr Duration kSqueezeInterval = std::chrono::seconds(10);

Duration turn_of(Duration load_time) { return std::max<Duration>(kShortestTurn, kTurnLoads * load_time); }
Duration residency_of(Duration load_time) {
  return std::max<Duration>(kLeastResidency, kResidencyLoads * load_time);
}

Bytes less(Bytes bytes, Bytes const& taken) {
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] -= std::min(bytes[i], i < taken.size() ? taken[i] : 0);
  return bytes;
}

std::string bytes_in_words(Bytes const& bytes) {
  std::string words;
  for (std::size_t device = 0; device < bytes.size(); ++device) {
    if (device > 0 && bytes[device] == 0) continue;
    words += (words.empty() ? "" : " + ") + human_bytes(bytes[device]);
    if (device > 0) words += " of device " + std::to_string(device);
  }
  return words;
}

}  // namespace

void Scheduler::begin_residency(LineKey const& line, Worker& worker) {
  auto& model = worker.models[line.model];
  model.since = model.last_used = now_;
  auto const jobs = queue_.size_of(line);
  model.reason = "for " + std::to_string(jobs) + (jobs == 1 ? " call" : " calls");
}

bool Scheduler::load(LineKey const& line, WorkerId id, Worker& worker) {
  if (!may_load(line, worker)) return blocked_.insert(id), false;
  auto& model = worker.models.at(line.model);
  if (model.running > 0) return false;  // it grows when they have ended
  model.grows = model.state == ModelState::loaded;
  model.wanted = jobs_.at(queue_.first(line)).request.length;
  auto& known = facts_[line].needs;
  // One that killed a worker may have done so when it was looked at.
  bool const look = !line.model.empty() && traits(line.engine).probes && !is_suspect(line);
  if (look && !known.contains(model.wanted)) {
    model.state = ModelState::probing;
    actions_.push_back(ProbeModel{id, line.model, model.wanted});
    return false;
  }
  auto const need = known.contains(model.wanted) ? known.at(model.wanted) : Need();
  MemoryLedger::Holder const holder{id, line.model};
  auto const account = MemoryLedger::account_of(need.memory);
  bool const fits = ledger_.fits(need.memory, &holder);
  if (!fits && !may_be_tried(need)) return make_room(line, need, holder);
  if (!memory_is_claimed_ || account == MemoryLedger::Account::helpers)
    begin_load(line, id, model, ledger_.at_most_all(need.memory));
  return false;
}

bool Scheduler::may_be_tried(Need const& need) const {
  auto const account = MemoryLedger::account_of(need.memory);
  if (need.measured || !is_nothing(ledger_.used(account))) return false;
  auto const wanted = total_of(need.memory);
  auto const budget = ledger_.budget(account);
  for (std::size_t device = 0; device < wanted.size(); ++device) {
    auto const most = device < budget.size() ? static_cast<double>(budget[device]) * kDoubtfulExcess : 0;
    if (static_cast<double>(wanted[device]) > most) return false;
  }
  return true;
}

void Scheduler::begin_load(LineKey const& line, WorkerId id, Model& model, MemoryByDevice const& need) {
  hungry_.erase(line);
  if (!need.empty()) ledger_.set({id, line.model}, need);
  auto const lengths = std::to_string(model.length) + " to " + std::to_string(model.wanted);
  note(Decision::Kind::load, line, model.grows ? "grows from " + lengths + " for a call" : model.reason);
  model.state = ModelState::loading;
  model.since = now_;
  actions_.push_back(LoadModel{id, line.model, model.wanted});
}

// Never: others of ours may go, and what other programs take may come back, but not while nothing of ours is
// there to wait for.
bool Scheduler::is_hopeless(MemoryByDevice const& need, MemoryLedger::Holder const& asks) const {
  if (ledger_.can_ever_fit(need)) return false;
  auto const others = ledger_.used(MemoryLedger::account_of(need),
                                   [&](MemoryLedger::Holder const& holder) { return holder != asks; });
  return !ledger_.fits_budget(need) || is_nothing(others);
}

bool Scheduler::make_room(LineKey const& line, Need const& needed, MemoryLedger::Holder const& holder) {
  auto const& need = needed.memory;
  auto const account = MemoryLedger::account_of(need);
  if (is_hopeless(need, holder)) {
    auto const reason = "it needs " + bytes_in_words(total_of(need)) + " of memory" +
                        (needed.measured ? "" : " by an estimate") + ", and models may take " +
                        bytes_in_words(ledger_.budget(account)) + " now";
    note(Decision::Kind::refuse, line, reason);
    fail_line(line, Error(Code::out_of_memory, reason + "; use a smaller model or a shorter context"),
              workers_.at(holder.first).models.at(line.model).wanted);
    return true;
  }
  auto const asked = hungry_.emplace(line, now_).first->second;
  bool const overdue = now_ - asked >= kLongestHunger;
  if (!overdue) wake_at(asked + kLongestHunger);
  if (overdue && account == MemoryLedger::Account::main) memory_is_claimed_ = true;
  auto const missing = less(ledger_.missing(account, need, &holder), leaving(account));
  if (is_nothing(missing)) return false;
  if (evict_idle(line, account, missing)) return false;
  auto possible = drainable(account, asked, holder);
  auto const idle = candidates(account);
  possible.insert(possible.end(), idle.begin(), idle.end());
  auto const victims = choose_victims(possible, missing);
  if (!victims) return false;
  for (auto const& victim : *victims) {
    auto& worker = workers_.at(victim.worker);
    for (auto& [name, model] : worker.models)
      if (traits(worker.engine).one_model_per_worker || name == victim.model) model.draining = true;
  }
  evict_idle(line, account, missing);  // that only had work waiting: nothing more will happen to them
  return false;
}

// It never waits for models that are in use, which may wait for it: so both go on.
bool Scheduler::has_room_to_run(LineKey const& line, JobId id, WorkerId worker) {
  auto const& request = jobs_.at(id).request;
  if (request.memory == 0) return true;
  auto const need = MemoryLedger::of_job(request);
  auto const account = MemoryLedger::account_of(need);
  auto with_model = need;
  auto const* model = ledger_.find({worker, line.model});
  if (model && !model->empty() && MemoryLedger::account_of(*model) == account)
    with_model[0].weights = model->front().total();
  if (!ledger_.fits_budget(with_model)) {
    auto const reason = "the call needs " + human_bytes(request.memory) +
                        " of memory besides its model, and all together may take " +
                        bytes_in_words(options_.machine.memory);
    note(Decision::Kind::refuse, line, reason);
    fail(id, Error(Code::out_of_memory, reason + "; lower its `needs`, or use a smaller model"));
    return false;
  }
  auto const others = ledger_.used(account, MemoryLedger::is_job);
  if (!is_nothing(others) && total_of(need)[0] + others[0] > ledger_.budget(account)[0]) return false;
  if (ledger_.fits(need)) return true;
  auto const missing = less(ledger_.missing(account, need), leaving(account));
  return !is_nothing(missing) && !evict_idle(line, account, missing);
}

bool Scheduler::evict_idle(LineKey const& line, MemoryLedger::Account account, Bytes const& missing) {
  auto const victims = choose_victims(candidates(account), missing);
  if (!victims) return false;
  for (auto const& victim : *victims)
    evict(victim.worker, victim.model, std::string(kToMakeRoomFor) + line.model);
  return true;
}

bool Scheduler::has_work(Worker const& worker, std::string const& name) const {
  auto const& model = worker.models.at(name);
  if (model.running > 0) return true;
  return queue_.has({worker.engine, name}) && !model.draining && !model.leaving;
}

bool Scheduler::all_idle(Worker const& worker) const {
  return std::all_of(worker.models.begin(), worker.models.end(), [&](auto const& entry) {
    return entry.second.state == ModelState::loaded && !has_work(worker, entry.first);
  });
}

Candidate Scheduler::candidate(WorkerId id, std::string const& name, MemoryLedger::Account account) const {
  auto const& worker = workers_.at(id);
  auto const facts = facts_.find({worker.engine, name});
  bool const whole = traits(worker.engine).one_model_per_worker || name.empty();
  Candidate made{id, name, {}, 0, 0};
  made.bytes = ledger_.used(account, [&](MemoryLedger::Holder const& holder) {
    return holder.first == id && (whole || holder.second == name);
  });
  if (facts == facts_.end()) return made;
  made.load_seconds = seconds(facts->second.load_time);
  made.uses = facts->second.uses * use_weight(now_ - facts->second.used_at);
  return made;
}

std::vector<Candidate> Scheduler::candidates(MemoryLedger::Account account) {
  std::vector<Candidate> found;
  for (auto const& [id, worker] : workers_) {
    if (worker.stopping || !worker.ready) continue;
    for (auto const& [name, model] : worker.models) {
      auto const& facts = facts_[{worker.engine, name}];
      bool const whole = traits(worker.engine).one_model_per_worker || name.empty();
      if (model.state != ModelState::loaded || facts.pinned || has_work(worker, name)) continue;
      if (whole && !all_idle(worker)) continue;
      auto const stays_until = model.since + residency_of(facts.load_time);
      auto made = candidate(id, name, account);
      if (is_nothing(made.bytes)) continue;
      if (stays_until <= now_ || model.draining) {
        found.push_back(std::move(made));
      } else {
        wake_at(stays_until);
      }
    }
  }
  return found;
}

std::vector<Candidate> Scheduler::drainable(MemoryLedger::Account account, MonotonicTime asked,
                                            MemoryLedger::Holder const& asks) {
  std::vector<Candidate> found;
  for (auto const& [id, worker] : workers_) {
    if (worker.stopping || !worker.ready) continue;
    for (auto const& [name, model] : worker.models) {
      auto const& facts = facts_[{worker.engine, name}];
      if (model.state != ModelState::loaded || facts.pinned || !has_work(worker, name)) continue;
      if (asks == MemoryLedger::Holder(id, name)) continue;
      auto made = candidate(id, name, account);
      if (is_nothing(made.bytes)) continue;
      auto const turn_ends = std::max(asked, model.since) + turn_of(facts.load_time);
      if (turn_ends <= now_ || waits_to_grow(worker, name)) {
        found.push_back(std::move(made));
      } else {
        wake_at(turn_ends);
      }
    }
  }
  return found;
}

// It cannot go on before there is memory for it: it has no turn that others must wait for.
bool Scheduler::waits_to_grow(Worker const& worker, std::string const& name) const {
  auto const& model = worker.models.at(name);
  LineKey const line{worker.engine, name};
  return model.running == 0 && queue_.has(line) && jobs_.at(queue_.first(line)).request.length > model.length;
}

Bytes Scheduler::leaving(MemoryLedger::Account account) const {
  return ledger_.used(account, [&](MemoryLedger::Holder const& holder) {
    auto const worker = workers_.find(holder.first);
    if (worker == workers_.end() || worker->second.stopping) return true;
    auto const model = worker->second.models.find(holder.second);
    return model != worker->second.models.end() && model->second.state == ModelState::unloading;
  });
}

void Scheduler::evict(WorkerId id, std::string const& name, std::string const& reason) {
  auto& worker = workers_.at(id);
  note(Decision::Kind::evict, {worker.engine, name}, reason);
  if (traits(worker.engine).one_model_per_worker || name.empty()) {
    worker.stopping = true;
    actions_.push_back(StopWorker{id, "was ended: " + reason});
    return;
  }
  auto& model = worker.models.at(name);
  model.state = ModelState::unloading;
  model.since = now_;
  actions_.push_back(UnloadModel{id, name});
}

// Where more is held than may be, because estimates were wrong or others need it: what nobody uses goes.
void Scheduler::relieve() {
  for (auto const account : {MemoryLedger::Account::main, MemoryLedger::Account::helpers}) {
    auto const missing = less(ledger_.missing(account), leaving(account));
    if (is_nothing(missing)) continue;
    auto const idle = candidates(account);
    for (auto const& victim : choose_victims(idle, missing).value_or(idle))
      evict(victim.worker, victim.model, "memory is short");
  }
}

void Scheduler::retire_idle() {
  for (auto& [id, worker] : workers_) {
    if (worker.stopping || !worker.ready) continue;
    std::vector<std::pair<std::string, std::string>> gone;  // with the reason
    for (auto const& [name, model] : worker.models) {
      if (model.state != ModelState::loaded || has_work(worker, name)) continue;
      auto const until = model.last_used + options_.keep_alive;
      if (model.leaving) {
        gone.emplace_back(name, "as asked");
      } else if (facts_[{worker.engine, name}].pinned || queue_.has({worker.engine, name})) {
        continue;
      } else if (until <= now_) {
        gone.emplace_back(name, "not used for " + human_seconds(seconds(options_.keep_alive)));
      } else {
        wake_at(until);
      }
    }
    for (auto const& [name, reason] : gone) {
      if (!worker.stopping) evict(id, name, reason);
    }
    bool const is_empty = worker.models.empty() && worker.idle_since + options_.keep_alive <= now_;
    if (!is_empty || worker.stopping) continue;
    worker.stopping = true;
    actions_.push_back(StopWorker{id, "was ended: it has no model any more"});
  }
}

void Scheduler::use(LineKey const& line) {
  auto& facts = facts_[line];
  facts.uses = facts.uses * use_weight(now_ - facts.used_at) + 1;
  facts.used_at = now_;
}

void Scheduler::note(Decision::Kind kind, LineKey const& line, std::string reason) {
  decisions_.add(kind, line.engine, line.model, std::move(reason), now_);
}

void Scheduler::handle(ModelProbed const& event) {
  auto const found = workers_.find(event.worker);
  if (found == workers_.end()) return;
  auto const model = found->second.models.find(event.model);
  if (model == found->second.models.end() || model->second.state != ModelState::probing) return;
  model->second.state = model->second.grows ? ModelState::loaded : ModelState::waiting;
  auto& facts = facts_[{found->second.engine, event.model}];
  facts.needs[model->second.wanted] = {event.memory};
  facts.load_deaths = 0;
  restarts_.works(found->second.slot);
}

void Scheduler::handle(ModelLoaded const& event) {
  auto const found = workers_.find(event.worker);
  if (found == workers_.end()) return;
  auto const model = found->second.models.find(event.model);
  if (model == found->second.models.end() || model->second.state != ModelState::loading) return;
  LineKey const line{found->second.engine, event.model};
  auto& facts = facts_[line];
  auto const took = now_ - model->second.since;
  if (!model->second.grows) facts.load_time = took;
  facts.load_deaths = 0;
  if (!is_nothing(total_of(event.memory))) {
    facts.needs[model->second.wanted] = {event.memory, true};
    ledger_.set({event.worker, event.model}, event.memory);
  }
  model->second.state = ModelState::loaded;
  model->second.length = model->second.wanted;
  model->second.since = model->second.last_used = now_;
  note(Decision::Kind::loaded, line, "in " + human_seconds(seconds(took)));
}

void Scheduler::handle(ModelMeasured const& event) {
  auto const found = workers_.find(event.worker);
  if (found == workers_.end() || is_nothing(total_of(event.memory))) return;
  auto const model = found->second.models.find(event.model);
  if (model == found->second.models.end() || model->second.state != ModelState::loaded) return;
  facts_[{found->second.engine, event.model}].needs[model->second.length] = {event.memory, true};
  ledger_.set({event.worker, event.model}, event.memory);
}

void Scheduler::handle(LoadFailed const& event) {
  auto const found = workers_.find(event.worker);
  if (found == workers_.end()) return;
  auto const model = found->second.models.find(event.model);
  if (model == found->second.models.end()) return;
  auto const state = model->second.state;
  if (state != ModelState::probing && state != ModelState::loading) return;
  LineKey const line{found->second.engine, event.model};
  auto& facts = facts_[line];
  auto const wanted = model->second.wanted;
  if (model->second.grows) {
    model->second.state = ModelState::loaded;
    if (auto const need = facts.needs.find(model->second.length); need != facts.needs.end())
      ledger_.set({event.worker, event.model}, need->second.memory);
  } else {
    found->second.models.erase(model);
    ledger_.release({event.worker, event.model});
  }
  facts.load_deaths = 0;
  restarts_.works(found->second.slot);
  note(Decision::Kind::fail, line, event.error.message());
  fail_line(line, event.error, wanted);
}

void Scheduler::handle(ModelUnloaded const& event) {
  auto const found = workers_.find(event.worker);
  if (found == workers_.end()) return;
  auto const model = found->second.models.find(event.model);
  if (model == found->second.models.end() || model->second.state != ModelState::unloading) return;
  found->second.models.erase(model);
  found->second.idle_since = now_;
  ledger_.release({event.worker, event.model});
}

// What the worker takes beside what its models say that they take.
void Scheduler::handle(MemoryReported const& event) {
  auto const worker = workers_.find(event.worker);
  if (worker == workers_.end()) return;
  auto const of_models = promised_to(event.worker);
  MemoryByKind rest;
  rest.overhead = event.private_bytes > of_models ? event.private_bytes - of_models : 0;
  ledger_.set({event.worker, ""}, {rest});
}

void Scheduler::handle(PressureReported const& event) {
  auto const used = ledger_.used_ram();
  if (event.stalled >= kStalled && now_ - squeezed_ >= kSqueezeInterval) {
    squeezed_ = now_;
    return ledger_.limit_ram(used - used / 10);
  }
  if (squeezed_ != MonotonicTime() && now_ - squeezed_ < kSqueezeInterval) return;
  ledger_.limit_ram(used + event.available_bytes);
}

void Scheduler::handle(PinChanged const& event) {
  for (auto const& [name, traits] : options_.engines) facts_[{name, event.model}].pinned = event.pinned;
}

void Scheduler::handle(UnloadRequested const& event) {
  for (auto& [id, worker] : workers_) {
    auto const model = worker.models.find(event.model);
    if (model != worker.models.end() && model->second.state == ModelState::loaded)
      model->second.leaving = true;
  }
}

std::uint64_t Scheduler::promised_to(WorkerId id) const {
  std::uint64_t bytes = 0;
  auto const worker = workers_.find(id);
  if (worker == workers_.end()) return bytes;
  for (auto const& [name, model] : worker->second.models) {
    auto const* memory = name.empty() ? nullptr : ledger_.find({id, name});
    if (memory && !memory->empty()) bytes += memory->front().total();
  }
  for (auto const job : worker->second.running) bytes += jobs_.at(job).request.memory;
  return bytes;
}

Resident Scheduler::resident_of(WorkerId id, Worker const& worker, std::string const& name) const {
  Resident resident;
  resident.worker = id;
  resident.engine = worker.engine;
  resident.model = name;
  resident.cores = leases_.held_by(id);
  auto const model = worker.models.find(name);
  if (model == worker.models.end()) {
    resident.state = worker.stopping ? Resident::State::stopping : Resident::State::starting;
    return resident;
  }
  using State = Resident::State;
  switch (model->second.state) {
    case ModelState::probing:
    case ModelState::waiting: resident.state = State::probing; break;
    case ModelState::loading: resident.state = State::loading; break;
    case ModelState::loaded:
      resident.state = model->second.draining || model->second.leaving ? State::draining : State::ready;
      break;
    case ModelState::unloading: resident.state = State::stopping;
  }
  if (worker.stopping) resident.state = State::stopping;
  if (auto const* memory = ledger_.find({id, name}); memory && !memory->empty())
    resident.memory = memory->front();
  resident.helper = total_of({resident.memory})[0] < kHelperBytes;
  resident.estimated = resident.state == State::loading;
  resident.running = model->second.running;
  resident.length = model->second.length;
  resident.waiting = static_cast<int>(queue_.size_of({worker.engine, name}));
  resident.resident_seconds = seconds(now_ - model->second.since);
  resident.idle_seconds = resident.running > 0 ? 0 : seconds(now_ - model->second.last_used);
  resident.reason = model->second.reason;
  auto const facts = facts_.find({worker.engine, name});
  if (facts == facts_.end()) return resident;
  resident.pinned = facts->second.pinned;
  resident.load_seconds = seconds(facts->second.load_time);
  return resident;
}

Snapshot Scheduler::snapshot(MonotonicTime now) const {
  Snapshot snapshot;
  snapshot.cores = leases_.total();
  snapshot.cores_leased = leases_.leased();
  snapshot.memory_budget = ledger_.budget(MemoryLedger::Account::main).at(0);
  snapshot.memory_used = ledger_.used_ram();
  snapshot.waiting_interactive = static_cast<int>(queue_.size_of(JobClass::interactive));
  snapshot.waiting_normal = static_cast<int>(queue_.size_of(JobClass::normal));
  snapshot.waiting_batch = static_cast<int>(queue_.size_of(JobClass::batch));
  for (auto const& [id, worker] : workers_) {
    if (worker.models.empty()) snapshot.residents.push_back(resident_of(id, worker, ""));
    for (auto const& [name, model] : worker.models)
      snapshot.residents.push_back(resident_of(id, worker, name));
  }
  snapshot.decisions = decisions_.list(std::max(now, now_));
  return snapshot;
}

}  // namespace shoal::host
