#include "cli/explain.h"

#include <algorithm>

#include "base/text.h"
#include "cli/render.h"

namespace shoal::cli {
namespace {

struct StepGroup {
  std::string step;
  std::string callable;
  int ran = 0;
  int cached = 0;
  int failed = 0;
  bool never_cached = false;
  double seconds = 0;
  std::string error;  // of the last that failed
};

std::vector<StepGroup> group(std::vector<runtime::StepRecord> const& steps) {
  std::vector<StepGroup> groups;
  for (auto const& step : steps) {
    auto const name = without_indices(step.step);
    auto found =
        std::find_if(groups.begin(), groups.end(), [&](auto const& each) { return each.step == name; });
    if (found == groups.end()) {
      groups.push_back({name, step.callable, 0, 0, 0, false, 0, {}});
      found = groups.end() - 1;
    }
    found->seconds += step.seconds;
    if (step.state == "cached") {
      ++found->cached;
    } else if (step.state == "failed" || step.state == "cancelled") {
      ++found->failed;
      found->error = step.error;
    } else {
      ++found->ran;
      found->never_cached = step.key.empty();
    }
  }
  return groups;
}

std::string outcome_of(StepGroup const& group) {
  bool const single = group.ran + group.cached + group.failed == 1;
  auto const part = [&](int count, std::string const& word) {
    return single ? word : std::to_string(count) + " " + word;
  };
  std::vector<std::string> parts;
  if (group.cached > 0) parts.push_back(part(group.cached, "cached"));
  if (group.ran > 0) parts.push_back(part(group.ran, group.never_cached ? "ran (is never cached)" : "ran"));
  if (group.failed > 0) parts.push_back(part(group.failed, "failed"));
  return join(parts, ", ");
}

std::string explain_rung(Json const& tried, std::size_t number) {
  auto text = "  " + std::to_string(number) + ". " + tried["rung"].as_string();
  std::vector<std::string> reasons;
  for (auto const& check : tried["failed"].as_array()) {
    reasons.push_back("failed " + check["check"].as_string() + ": " + check["reason"].as_string());
  }
  if (tried.contains("error")) reasons.push_back("gave no answer: " + tried["error"]["message"].as_string());
  text += reasons.empty() ? ": passed its checks" : ": " + join(reasons, "; ");
  return text + " (" + human_seconds(tried["seconds"].as_number()) + ")\n";
}

std::string explain_task(Json const& task) {
  auto text = "task " + task["task"].as_string();
  if (task["rung"].is_null()) {
    text += ": no rung gave an answer\n";
  } else {
    text += (task["passed"].as_bool() ? ": settled by " : ": nothing passed the checks, the best is of ") +
            task["rung"].as_string() + "\n";
  }
  std::size_t number = 0;
  for (auto const& tried : task["tried"].as_array()) text += explain_rung(tried, ++number);
  return text;
}

}  // namespace

std::string without_indices(std::string const& step) {
  std::string text;
  for (std::size_t at = 0; at < step.size();) {
    auto const open = step.find('[', at);
    auto const close = open == std::string::npos ? open : step.find(']', open);
    if (close == std::string::npos) return text + step.substr(at);
    text += step.substr(at, open - at) + "[…]";
    at = close + 1;
  }
  return text;
}

std::string explain(std::vector<runtime::StepRecord> const& steps, Json const& route) {
  std::vector<std::vector<std::string>> rows;
  for (auto const& each : group(steps)) {
    bool const is_whole = each.step.empty() || each.step == each.callable;
    rows.push_back({is_whole ? each.callable : each.step, outcome_of(each), human_seconds(each.seconds),
                    is_whole ? "" : each.callable, each.error});
  }
  auto text = rows.empty() ? std::string("no step called an engine\n") : table(rows);
  for (auto const& task : route.as_array()) text += explain_task(task);
  return text;
}

Json to_json(std::vector<runtime::StepRecord> const& steps) {
  Json documents = Json::array();
  for (auto const& step : steps) {
    Json document = Json::object(
        {{"step", step.step}, {"callable", step.callable}, {"state", step.state}, {"seconds", step.seconds}});
    if (!step.error.empty()) document.set("error", step.error);
    documents.push(std::move(document));
  }
  return documents;
}

}  // namespace shoal::cli
