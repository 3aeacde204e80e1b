#include "cli/host_state.h"

#include <vector>

#include "base/text.h"
#include "cli/render.h"

namespace shoal::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string bytes(Json const& json) { return human_bytes(static_cast<std::uint64_t>(json.as_integer())); }

std::string time(Json const& json) { return human_seconds(json.as_number()); }

std::string head(Json const& state) {
  auto const& host = state["host"];
  Rows rows = {{"host", "shoal " + state["version"].as_string() + ", process " +
                            std::to_string(state["process_id"].as_integer()) + ", since " +
                            state["started"].as_string()},
               {"home", state["home"].as_string()},
               {"memory", bytes(host["memory"]["used"]) + " of " + bytes(host["memory"]["budget"])},
               {"cores", std::to_string(host["cores"]["leased"].as_integer()) + " of " +
                             std::to_string(host["cores"]["total"].as_integer()) + " leased"}};
  if (state["idle_exit_seconds"].is_number())
    rows.push_back({"ends", "after " + time(state["idle_exit_seconds"]) + " without work"});
  for (auto const& lack : host["unprotected"].as_array()) rows.push_back({"weak", lack.as_string()});
  return table(rows);
}

// "1.2 GB: 950 MB weights, 200 MB cache, …"
std::string memory_of(Json const& resident) {
  auto const& memory = resident["memory"];
  std::vector<std::string> parts;
  for (auto const& [kind, size] : memory.as_object()) {
    if (kind != "total" && size.as_integer() > 0) parts.push_back(bytes(size) + " " + kind);
  }
  auto const text = bytes(memory["total"]) + (resident["estimated"].as_bool() ? " (estimated)" : "");
  return parts.empty() ? text : text + ": " + join(parts, ", ");
}

std::string activity_of(Json const& resident) {
  auto text = resident["state"].as_string();
  auto const running = resident["running"].as_integer(), waiting = resident["waiting"].as_integer();
  if (running > 0) text = std::to_string(running) + " running";
  if (waiting > 0) text += ", " + std::to_string(waiting) + " waiting";
  if (running == 0 && text == "ready") text = "idle " + time(resident["idle_seconds"]);
  if (resident["cores"].as_integer() > 0)
    text += ", " + std::to_string(resident["cores"].as_integer()) +
            (resident["cores"].as_integer() == 1 ? " core" : " cores");
  return resident["pinned"].as_bool() ? text + ", pinned" : text;
}

std::string residents_of(Json const& host) {
  auto const& residents = host["residents"].as_array();
  if (residents.empty()) return "nothing is loaded\n";
  Rows rows;
  for (auto const& resident : residents) {
    auto const& model = resident["model"].as_string();
    rows.push_back({"  " + (model.empty() ? resident["engine"].as_string()
                                          : model + " (" + resident["engine"].as_string() + ")"),
                    activity_of(resident), memory_of(resident)});
  }
  return "loaded\n" + table(rows);
}

std::string runs_of(Json const& runs) {
  if (runs.as_array().empty()) return "nothing runs\n";
  Rows rows;
  for (auto const& run : runs.as_array())
    rows.push_back({"  " + run["run"].as_string(), run["started"].as_string(), run["name"].as_string()});
  return "runs\n" + table(rows);
}

}  // namespace

std::string render_state(Json const& state) {
  return head(state) + residents_of(state["host"]) + runs_of(state["runs"]);
}

std::string render_reasons(Json const& state, std::string const& model) {
  Rows rows;
  for (auto const& decision : state["host"]["decisions"].as_array()) {
    if (decision["model"].as_string() != model && decision["engine"].as_string() != model) continue;
    rows.push_back({time(decision["seconds_ago"]) + " ago", decision["decision"].as_string(),
                    decision["reason"].as_string()});
  }
  return rows.empty() ? std::string() : table(rows);
}

}  // namespace shoal::cli
