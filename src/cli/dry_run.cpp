#include "cli/dry_run.h"

#include <algorithm>

#include "base/text.h"
#include "cli/explain.h"
#include "cli/ports.h"
#include "cli/render.h"
#include "runtime/reasons.h"

namespace shoal::cli {
namespace {

struct DryStep {
  std::string step, callable;
  int cached = 0, to_run = 0;
  std::vector<std::string> reasons = {};  // why they would run
};

std::string outcome_of(DryStep const& step, bool explored) {
  if (step.cached == 0 && step.to_run == 0) return explored ? "waits for those above" : "to run";
  bool const single = step.cached + step.to_run == 1;
  std::vector<std::string> parts;
  for (auto const& [count, word] : {std::pair(step.cached, "cached"), std::pair(step.to_run, "to run")}) {
    if (count > 0) parts.push_back(single ? word : std::to_string(count) + " " + word);
  }
  return join(parts, ", ");
}

void count(std::vector<DryStep>& steps, runtime::StepRecord const& record, std::string const& reason) {
  auto const name = without_indices(record.step);
  auto found = std::find_if(steps.begin(), steps.end(), [&](auto const& each) { return each.step == name; });
  if (found == steps.end()) found = steps.insert(steps.end(), {name, record.callable, 0, 0});
  ++(record.state == "cached" ? found->cached : found->to_run);
  if (!reason.empty()) found->reasons.push_back(reason);
}

// Steps of the document that nothing was said about: they need what is not there yet. Functions are not told,
// as nothing else tells of them.
void add_later_steps(std::vector<DryStep>& steps, runtime::Target const& target) {
  auto const* pipeline = std::get_if<std::shared_ptr<runtime::LinkedPipeline const>>(&target.what);
  if (!pipeline) return;
  for (auto const& planned : (*pipeline)->plan.steps) {
    auto const& callable = (*pipeline)->callables[planned.callable];
    auto const name = planned.id + (planned.each || planned.repeat ? "[…]" : "");
    bool const told = std::any_of(steps.begin(), steps.end(), [&](auto const& each) {
      return each.step == name || each.step.starts_with(name + "/");
    });
    if (!told && !std::holds_alternative<runtime::FunctionTarget>(callable.what))
      steps.push_back({name, callable.name, 0, 0});
  }
}

Result<void> explore(runtime::Runtime& home, runtime::Target const& target, value::Value inputs, WallTime now,
                     std::vector<DryStep>& steps) {
  auto const records = TRY(home.explore(target, inputs));
  runtime::RunRecord run;
  run.name = target.name;
  run.started = now;
  run.program = SHOAL_VERSION;
  auto const reasons = TRY(runtime::reasons_to_run(home.journal(), run, records));
  for (std::size_t i = 0; i < records.size(); ++i) count(steps, records[i], reasons[i]);
  return {};
}

Json document_of(std::string const& name, std::vector<DryStep> const& steps,
                 std::vector<store::Model> const& missing) {
  Json planned = Json::array(), models = Json::array();
  for (auto const& step : steps) {
    planned.push(Json::object({{"step", step.step},
                               {"callable", step.callable},
                               {"cached", step.cached},
                               {"to_run", step.to_run},
                               {"why", step.reasons.empty() ? Json() : Json(most_common(step.reasons))}}));
  }
  std::uint64_t bytes = 0;
  for (auto const& model : missing) {
    bytes += model.entry.size();
    models.push(Json::object({{"name", model.entry.full_name()}, {"bytes", model.entry.size()}}));
  }
  return Json::object({{"name", name},
                       {"steps", std::move(planned)},
                       {"missing_models", std::move(models)},
                       {"missing_bytes", bytes}});
}

std::string describe(std::vector<DryStep> const& steps, std::vector<store::Model> const& missing,
                     bool explored) {
  std::vector<std::vector<std::string>> rows;
  for (auto const& step : steps)
    rows.push_back({step.step, outcome_of(step, explored), step.callable, most_common(step.reasons)});
  auto text = table(rows);
  std::uint64_t bytes = 0;
  for (auto const& model : missing) {
    bytes += model.entry.size();
    text += "missing: " + model.entry.full_name() + ", " + human_bytes(model.entry.size()) +
            "; `shoal pull " + model.entry.name + "`\n";
  }
  if (missing.size() > 1) text += "missing in all: " + human_bytes(bytes) + "\n";
  return text.empty() ? "no step calls an engine\n" : text;
}

}  // namespace

Result<int> dry_run(Session& session, std::string const& name, std::optional<runtime::Part> const& part,
                    std::optional<value::Value> inputs) {
  auto& home = *TRY(session.home());
  auto const missing = home.library().missing_models(name);
  std::vector<DryStep> steps;
  if (missing.empty()) {
    auto target = TRY(home.library().link(name));
    if (part) target = TRY(runtime::part_of(target, *part));
    if (inputs) {
      TRY(explore(home, target, std::move(*inputs), session.environment().clock.wall(), steps));
    } else if (std::holds_alternative<runtime::OperationTarget>(target.what)) {
      steps.push_back({target.name, target.name, 0, 0});
    }
    add_later_steps(steps, target);
  } else {
    for (auto const& use : TRY(home.library().describe(name)).uses) steps.push_back({use, use, 0, 0});
  }
  if (session.json()) {
    session.print_json(document_of(name, steps, missing));
  } else {
    session.print(describe(steps, missing, inputs.has_value()));
  }
  return 0;
}

}  // namespace shoal::cli
