#include "runtime/event.h"

#include "value/json.h"

namespace shoal::runtime {
namespace {

// Counts look like counts.
Json whole(double number) {
  auto const rounded = static_cast<std::int64_t>(number);
  return static_cast<double>(rounded) == number ? Json(rounded) : Json(number);
}

}  // namespace

std::string_view name_of(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::run_started: return "run_started";
    case Event::Kind::step_started: return "step_started";
    case Event::Kind::step_progress: return "step_progress";
    case Event::Kind::step_chunk: return "step_chunk";
    case Event::Kind::step_cached: return "step_cached";
    case Event::Kind::step_done: return "step_done";
    case Event::Kind::step_failed: return "step_failed";
    case Event::Kind::each_started: return "each_started";
    case Event::Kind::each_advanced: return "each_advanced";
    case Event::Kind::run_done: return "run_done";
    case Event::Kind::run_failed: return "run_failed";
  }
  return "unknown";
}

Json to_json(Event const& event) {
  Json json = Json::object({{"run", event.run}, {"seq", event.sequence}, {"event", name_of(event.kind)}});
  if (!event.step.empty()) json.set("step", event.step);
  if (!event.detail.empty()) json.set("detail", event.detail);
  if (event.total > 0) json.set("done", whole(event.done)).set("total", whole(event.total));
  if (!event.value.is_null()) json.set("value", value::to_json(event.value));
  return json;
}

Result<Event> event_of(Json const& json) {
  Event event;
  auto const& name = json["event"].as_string();
  while (name_of(event.kind) != name) {
    if (event.kind == Event::kLastKind)
      return Error(Code::invalid_argument, "there is no event called `" + name + "`");
    event.kind = static_cast<Event::Kind>(static_cast<int>(event.kind) + 1);
  }
  event.run = json["run"].as_string();
  event.sequence = static_cast<std::uint64_t>(json["seq"].as_integer());
  event.step = json["step"].as_string();
  event.detail = json["detail"].as_string();
  event.done = json["done"].as_number();
  event.total = json["total"].as_number();
  // Blobs are only described in events: a value with some stays behind.
  if (auto value = value::from_json(json["value"])) event.value = std::move(*value);
  return event;
}

}  // namespace shoal::runtime
