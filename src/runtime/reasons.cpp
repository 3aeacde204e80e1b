#include "runtime/reasons.h"

#include <map>
#include <optional>

#include "base/text.h"

namespace shoal::runtime {
namespace {

// How far back a step is looked for: the last run may have ended before it came to it.
constexpr int kMostRuns = 5;

struct LastTime {
  StepRecord step;
  std::string program;
};
using LastTimes = std::map<std::string, LastTime>;  // by the step's path

Result<LastTimes> last_times(Journal& journal, RunRecord const& run, std::vector<StepRecord> const& steps) {
  LastTimes wanted, found;
  for (auto const& step : steps) wanted[step.step];
  for (auto const& earlier : TRY(journal.earlier_runs(run.name, run.started, kMostRuns))) {
    if (found.size() == wanted.size()) break;
    auto const told = TRY(journal.steps(earlier.run));
    // A step that was tried again is there several times: the last one counts.
    for (auto step = told.rbegin(); step != told.rend(); ++step) {
      if (wanted.contains(step->step)) found.try_emplace(step->step, LastTime{*step, earlier.program});
    }
  }
  return found;
}

// A file is the same by any name.
Json const& content_of(Json const& field) { return field.contains("$artifact") ? field["$artifact"] : field; }

std::vector<std::string> changed_fields(Json const& now, Json const& before) {
  std::vector<std::string> changed;
  for (auto const& [name, field] : now.as_object()) {
    if (!(content_of(field) == content_of(before[name]))) changed.push_back("`" + name + "`");
  }
  for (auto const& [name, field] : before.as_object()) {
    if (!now.contains(name)) changed.push_back("`" + name + "`");
  }
  return changed;
}

std::vector<std::string> changed_makers(Json const& now, Json const& before) {
  std::vector<std::string> changed;
  bool const same_engine = now["engine"] == before["engine"] && now["version"] == before["version"] &&
                           now["build"] == before["build"];
  if (!same_engine) changed.emplace_back("the engine");
  bool const same_model = now["model"] == before["model"] && now["model_hash"] == before["model_hash"];
  if (!same_model) changed.emplace_back("the model");
  if (same_model && !(now["model_options"] == before["model_options"]))
    changed.emplace_back("an option of the model");
  return changed;
}

std::string describe_change(StepRecord const& now, LastTime const& last, std::string const& program) {
  auto const& before = last.step;
  if (now.callable != before.callable) return "it was " + before.callable + " last time";
  auto changed = changed_makers(now.made_by, before.made_by);
  for (auto& field : changed_fields(now.inputs, before.inputs)) changed.push_back(std::move(field));
  if (!changed.empty())
    return join(changed, ", ") + (changed.size() == 1 ? " is" : " are") + " not as last time";
  if (before.state == "failed" || before.state == "cancelled") return "it gave no answer last time";
  if (program != last.program) return "this program is another version than last time";
  if (!before.why_not_cached.empty()) return "last time it was not kept: " + before.why_not_cached;
  if (now.key == before.key) return "its answer is no longer kept";
  return "what it reads was written to since last time";
}

}  // namespace

Result<std::vector<std::string>> reasons_to_run(Journal& journal, RunRecord const& run,
                                                std::vector<StepRecord> const& steps) {
  auto last = TRY(last_times(journal, run, steps));
  std::vector<std::string> reasons;
  for (auto const& step : steps) {
    auto& reason = reasons.emplace_back(step.why_not_cached);
    if (step.state == "cached") reason.clear();
    if (step.state == "cached" || !reason.empty()) continue;
    auto const before = last.find(step.step);
    if (before == last.end()) {
      reason = "never ran before";
      continue;
    }
    if (before->second.step.state == "cached") {  // who made it knows of what
      auto const origin = TRY(journal.origin_of(before->second.step.key));
      if (origin) before->second.step.made_by = origin->step.made_by;
      if (origin) before->second.step.inputs = origin->step.inputs;
    }
    reason = describe_change(step, before->second, run.program);
  }
  return reasons;
}

}  // namespace shoal::runtime
