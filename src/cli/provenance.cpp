#include "cli/provenance.h"

#include "base/text.h"
#include "cli/explain.h"
#include "cli/render.h"
#include "cli/session.h"
#include "runtime/reasons.h"

namespace shoal::cli {
namespace {

constexpr std::size_t kShownLetters = 12;  // of a hash

std::string hash_of(Json const& json) { return json.as_string().substr(0, kShownLetters); }

// A field as the journal has it (runtime/provenance.h).
std::string describe_field(Json const& field) {
  auto const bytes = [&](char const* key) {
    return human_bytes(static_cast<std::uint64_t>(field[key].as_integer()));
  };
  if (field.contains("$value"))
    return fit(field["begins"].as_string(), 40) + "  (" + bytes("bytes") + ", " + hash_of(field["$value"]) +
           "…)";
  if (field.contains("$artifact")) {
    return field["name"].as_string() + "  (" + field["media_type"].as_string() + ", " + bytes("size") + ", " +
           hash_of(field["$artifact"]) + "…)";
  }
  return fit(field.dump(), 100);
}

std::string block(std::string const& title, Json const& fields, std::string const& indent) {
  if (fields.as_object().empty()) return {};
  std::vector<std::vector<std::string>> rows;
  for (auto const& [name, field] : fields.as_object())
    rows.push_back({indent + "  " + name, describe_field(field)});
  return indent + title + "\n" + table(rows);
}

std::string describe_maker(Json const& maker) {
  if (maker.is_null()) return {};
  auto text = "    by engine " + maker["engine"].as_string() + " " + maker["version"].as_string() +
              ", build " + maker["build"].as_string() + "\n";
  if (!maker.contains("model")) return text;
  text += "    with model " + maker["model"].as_string();
  if (auto const& hash = maker["model_hash"].as_string(); !hash.empty()) text += ", SHA-256 " + hash;
  if (!maker["model_options"].as_object().empty()) text += ", options " + maker["model_options"].dump();
  return text + "\n";
}

std::string describe(TracedStep const& traced) {
  auto const& step = traced.step;
  auto text =
      "  " + (step.step.empty() ? step.callable : step.step + "  " + step.callable) + "  " + step.state;
  if (step.state == "cached")
    text += traced.first_run.empty() ? ", by a run that is forgotten" : ", made by run " + traced.first_run;
  if (step.state == "done") text += " in " + human_seconds(step.seconds);
  text += "\n";
  if (!step.error.empty()) text += "    " + replace_all(step.error, "\n", "\n    ") + "\n";
  if (!step.key.empty()) text += "    key " + step.key + "\n";
  return text + describe_maker(step.made_by) + block("from", step.inputs, "    ") +
         block("to", step.outputs, "    ");
}

Json to_json(TracedStep const& traced) {
  auto const& step = traced.step;
  Json document = Json::object({{"step", step.step},
                                {"callable", step.callable},
                                {"state", step.state},
                                {"key", step.key.empty() ? Json() : Json(step.key)},
                                {"seconds", step.seconds},
                                {"made_by", step.made_by},
                                {"inputs", step.inputs},
                                {"outputs", step.outputs}});
  if (!traced.first_run.empty()) document.set("first_run", traced.first_run);
  if (!step.error.empty()) document.set("error", step.error);
  return document;
}

Explained explained(Trace const& trace) {
  Explained all;
  for (auto const& each : trace.steps) all.steps.push_back(each.step);
  all.reasons = trace.reasons;
  return all;
}

}  // namespace

Result<Trace> trace_run(runtime::Journal& journal, runtime::RunRecord const& run) {
  Trace trace{run, {}, {}};
  for (auto& step : TRY(journal.steps(run.run))) {
    TracedStep traced{std::move(step), {}};
    if (traced.step.state == "cached") {
      if (auto const origin = TRY(journal.origin_of(traced.step.key))) {
        traced.first_run = origin->run;
        traced.step.made_by = origin->step.made_by;
        traced.step.inputs = origin->step.inputs;
        traced.step.outputs = origin->step.outputs;
      }
    }
    trace.steps.push_back(std::move(traced));
  }
  std::vector<runtime::StepRecord> steps;
  for (auto const& each : trace.steps) steps.push_back(each.step);
  trace.reasons = TRY(runtime::reasons_to_run(journal, run, steps));
  return trace;
}

std::string describe(Trace const& trace, Detail detail) {
  auto const& run = trace.run;
  auto text = "run " + run.run + "  " + run.name + "  " + run.state + "\n";
  text += "started " + to_rfc3339(run.started);
  if (run.ended) text += ", took " + human_seconds(seconds(*run.ended - run.started));
  if (!run.program.empty()) text += ", by shoal " + run.program;
  text += "\n";
  if (!run.error.empty()) text += run.error + "\n";
  text += block("inputs", run.inputs, "");
  if (detail == Detail::steps) {
    text += "steps\n  " + replace_all(std::string(trim(explain(explained(trace), run.route))), "\n", "\n  ") +
            "\n";
  } else {
    text += trace.steps.empty() ? "no step called an engine\n" : "steps\n";
    for (auto const& step : trace.steps) text += describe(step);
  }
  return text + block("outputs", run.outputs, "");
}

Json to_json(Trace const& trace, Detail detail) {
  auto document = runtime::to_json(trace.run);
  document.set("program", trace.run.program);
  document.set("inputs", trace.run.inputs);
  document.set("outputs", trace.run.outputs);
  Json steps = Json::array();
  for (auto const& step : trace.steps) steps.push(to_json(step));
  document.set("steps", detail == Detail::provenance ? std::move(steps) : to_json(explained(trace)));
  document.set("route", trace.run.route);
  document.set("ledger", trace.run.ledger);
  return document;
}

}  // namespace shoal::cli
