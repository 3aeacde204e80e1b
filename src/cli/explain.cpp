#include "cli/explain.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "cli/render.h"
#include "runtime/reasons.h"

namespace shoal::cli {
namespace {

struct StepGroup {
  std::string step;
  std::string callable;
  int ran = 0;
  int cached = 0;
  int failed = 0;
  std::string other;  // the state of one that called no engine
  double seconds = 0;
  std::string error;  // of the last that failed
  std::vector<std::string> reasons;
};

// Of steps that no engine was called for.
constexpr std::string_view kComputed = "computed";
constexpr std::string_view kNotRun = "not run";

std::vector<StepGroup> group(Explained const& explained) {
  std::vector<StepGroup> groups;
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < explained.steps.size(); ++i) {
    auto const& step = explained.steps[i];
    auto const name = without_indices(step.step);
    auto const [place, is_new] = places.try_emplace(name, groups.size());
    if (is_new) {
      groups.emplace_back();
      groups.back().step = name;
      groups.back().callable = step.callable;
    }
    auto& found = groups[place->second];
    found.seconds += step.seconds;
    if (step.state == "cached") {
      ++found.cached;
    } else if (step.state == "failed" || step.state == "cancelled") {
      ++found.failed;
      found.error = step.error;
    } else if (step.state == "done") {
      ++found.ran;
    } else {
      found.other = step.state;
    }
    if (auto const& reason = explained.reasons[i]; !reason.empty()) found.reasons.push_back(reason);
  }
  return groups;
}

std::string outcome_of(StepGroup const& group) {
  if (!group.other.empty()) return group.other;
  bool const single = group.ran + group.cached + group.failed == 1;
  auto const part = [&](int count, std::string const& word) {
    return single ? word : std::to_string(count) + " " + word;
  };
  std::vector<std::string> parts;
  if (group.cached > 0) parts.push_back(part(group.cached, "cached"));
  if (group.ran > 0) parts.push_back(part(group.ran, "ran"));
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

std::string most_common(std::vector<std::string> const& reasons) {
  std::map<std::string, int> counts;
  for (auto const& reason : reasons) ++counts[reason];
  if (counts.empty()) return {};
  auto const most = std::max_element(counts.begin(), counts.end(),
                                     [](auto const& a, auto const& b) { return a.second < b.second; });
  return most->first + (counts.size() > 1 ? ", and others" : "");
}

Result<Explained> explained(runtime::Journal& journal, std::string const& run) {
  Explained all{TRY(journal.steps(run)), {}};
  all.reasons = TRY(runtime::reasons_to_run(journal, TRY(journal.find(run)), all.steps));
  return all;
}

void add_unrecorded(Explained& explained, runtime::Target const& target) {
  auto const* pipeline = std::get_if<std::shared_ptr<runtime::LinkedPipeline const>>(&target.what);
  if (!pipeline) return;
  std::set<std::string> told;
  for (auto const& step : explained.steps) told.emplace(runtime::step_of(step.step));
  for (auto const& planned : (*pipeline)->plan.steps) {
    if (told.contains(planned.id)) continue;
    auto const& callable = (*pipeline)->callables[planned.callable];
    bool const is_function = std::holds_alternative<runtime::FunctionTarget>(callable.what);
    runtime::StepRecord record;
    record.step = planned.id;
    record.callable = callable.name;
    record.state = is_function ? kComputed : kNotRun;
    explained.steps.push_back(std::move(record));
    explained.reasons.emplace_back(
        is_function ? "a function is not cached"
                    : "no engine was called for it: not reached, `when`, or nothing in it");
  }
}

std::string explain(Explained const& explained, Json const& route) {
  std::vector<std::vector<std::string>> rows;
  for (auto const& each : group(explained)) {
    bool const is_whole = each.step.empty() || each.step == each.callable;
    std::vector<std::string> notes;
    for (auto const& note : {each.error, most_common(each.reasons)}) {
      if (!note.empty()) notes.push_back(note);
    }
    rows.push_back({is_whole ? each.callable : each.step, outcome_of(each),
                    each.other.empty() ? human_seconds(each.seconds) : "", is_whole ? "" : each.callable,
                    join(notes, "; ")});
  }
  auto text = rows.empty() ? std::string("no step called an engine\n") : table(rows);
  for (auto const& task : route.as_array()) text += explain_task(task);
  return text;
}

Json to_json(Explained const& explained) {
  Json documents = Json::array();
  for (std::size_t i = 0; i < explained.steps.size(); ++i) {
    auto const& step = explained.steps[i];
    Json document = Json::object(
        {{"step", step.step}, {"callable", step.callable}, {"state", step.state}, {"seconds", step.seconds}});
    if (!explained.reasons[i].empty()) document.set("why", explained.reasons[i]);
    if (!step.error.empty()) document.set("error", step.error);
    documents.push(std::move(document));
  }
  return documents;
}

}  // namespace shoal::cli
