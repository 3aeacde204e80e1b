#include "host/snapshot.h"

#include "host/host.h"

namespace shoal::host {
namespace {

template <typename Items> Json array_of(Items const& items) {
  Json array = Json::array();
  for (auto const& item : items) array.push(to_json(item));
  return array;
}

}  // namespace

std::string_view name_of(Resident::State state) {
  switch (state) {
    case Resident::State::starting: return "starting";
    case Resident::State::probing: return "probing";
    case Resident::State::loading: return "loading";
    case Resident::State::ready: return "ready";
    case Resident::State::draining: return "draining";
    case Resident::State::stopping: return "stopping";
  }
  return "unknown";
}

std::string_view name_of(Decision::Kind kind) {
  switch (kind) {
    case Decision::Kind::load: return "load";
    case Decision::Kind::loaded: return "loaded";
    case Decision::Kind::evict: return "evict";
    case Decision::Kind::refuse: return "refuse";
    case Decision::Kind::fail: return "fail";
  }
  return "unknown";
}

Json to_json(MemoryByKind const& memory) {
  return Json::object({{"weights", memory.weights},
                       {"cache", memory.cache},
                       {"compute", memory.compute},
                       {"projector", memory.projector},
                       {"prefixes", memory.prefixes},
                       {"overhead", memory.overhead},
                       {"total", memory.total()}});
}

Json to_json(Resident const& resident) {
  return Json::object({{"worker", resident.worker},
                       {"process", resident.process},
                       {"engine", resident.engine},
                       {"model", resident.model},
                       {"state", name_of(resident.state)},
                       {"memory", to_json(resident.memory)},
                       {"estimated", resident.estimated},
                       {"private_bytes", resident.private_bytes},
                       {"length", resident.length},
                       {"cores", resident.cores},
                       {"running", resident.running},
                       {"waiting", resident.waiting},
                       {"pinned", resident.pinned},
                       {"helper", resident.helper},
                       {"resident_seconds", resident.resident_seconds},
                       {"idle_seconds", resident.idle_seconds},
                       {"load_seconds", resident.load_seconds},
                       {"reason", resident.reason}});
}

Json to_json(Decision const& decision) {
  return Json::object({{"seconds_ago", decision.seconds_ago},
                       {"decision", name_of(decision.kind)},
                       {"engine", decision.engine},
                       {"model", decision.model},
                       {"reason", decision.reason}});
}

Json to_json(Snapshot const& snapshot) {
  Json unprotected = Json::array();
  for (auto const& reason : snapshot.unprotected) unprotected.push(reason);
  return Json::object(
      {{"cores", Json::object({{"total", snapshot.cores}, {"leased", snapshot.cores_leased}})},
       {"memory", Json::object({{"budget", snapshot.memory_budget}, {"used", snapshot.memory_used}})},
       {"waiting", Json::object({{"interactive", snapshot.waiting_interactive},
                                 {"normal", snapshot.waiting_normal},
                                 {"batch", snapshot.waiting_batch}})},
       {"residents", array_of(snapshot.residents)},
       {"decisions", array_of(snapshot.decisions)},
       {"unprotected", std::move(unprotected)}});
}

Snapshot Host::take_snapshot() const {
  auto snapshot = scheduler_.snapshot(clock_.now());
  auto const name_of = [&](std::string& key) {
    if (auto const model = models_.find(key); model != models_.end()) key = model->second.spec.name;
  };
  for (auto& resident : snapshot.residents) {
    name_of(resident.model);
    auto const worker = workers_.find(resident.worker);
    if (worker == workers_.end()) continue;
    resident.process = worker->second->process().pid();
    resident.private_bytes = worker->second->private_bytes;
  }
  for (auto& decision : snapshot.decisions) {
    name_of(decision.model);
    if (!decision.reason.starts_with(kToMakeRoomFor)) continue;
    auto key = decision.reason.substr(kToMakeRoomFor.size());
    name_of(key);
    decision.reason = std::string(kToMakeRoomFor) + key;
  }
  snapshot.unprotected.assign(unprotected_.begin(), unprotected_.end());
  return snapshot;
}

}  // namespace shoal::host
