#include "cli/ports.h"

#include <algorithm>

#include "base/text.h"
#include "cli/inputs.h"
#include "cli/render.h"
#include "cli/session.h"
#include "value/json.h"

namespace shoal::cli {
namespace {

using value::Port;

std::string number(double value) { return Json(value).dump(); }

std::string range_of(Port const& port) {
  bool const whole = port.type.kind() == value::Type::Kind::integer;
  auto const text = [&](double limit) {
    return whole ? std::to_string(static_cast<std::int64_t>(limit)) : number(limit);
  };
  if (port.min && port.max) return " from " + text(*port.min) + " to " + text(*port.max);
  if (port.min) return ", at least " + text(*port.min);
  if (port.max) return ", at most " + text(*port.max);
  return {};
}

// A line for each, and one below where there is more to say.
std::string list_of(std::string const& title, std::vector<Port> const& ports) {
  std::vector<std::vector<std::string>> rows;
  for (auto const& port : ports) {
    rows.push_back({"  " + port.name, describe_type(port)});
    if (!port.about.empty()) rows.push_back({"", "  " + port.about});
  }
  return "\n" + title + "\n" + (ports.empty() ? "  none\n" : table(rows));
}

Json to_json(std::vector<Port> const& ports) {
  Json documents = Json::array();
  for (auto const& port : ports) {
    Json document = Json::object({{"name", port.name},
                                  {"type", port.type.to_string()},
                                  {"required", port.required && !port.fallback}});
    if (port.fallback) document.set("default", value::to_json(*port.fallback));
    if (!port.about.empty()) document.set("about", port.about);
    if (port.min) document.set("min", *port.min);
    if (port.max) document.set("max", *port.max);
    for (auto const& [key, texts] : {std::pair("accept", &port.accept), std::pair("one_of", &port.one_of)}) {
      if (texts->empty()) continue;
      Json list = Json::array();
      for (auto const& text : *texts) list.push(text);
      document.set(key, std::move(list));
    }
    documents.push(std::move(document));
  }
  return documents;
}

std::string missing_of(runtime::Library::Description const& description) {
  std::string text;
  for (auto const& model : description.missing) {
    text += "  shoal pull " + model.entry.name + "  (" + human_bytes(model.entry.size()) + ")\n";
  }
  return text.empty() ? text : "\nModels that it needs and that are not here\n" + text;
}

}  // namespace

std::string_view name_of(graph::Callable::Kind kind) {
  switch (kind) {
    case graph::Callable::Kind::operation: return "operation";
    case graph::Callable::Kind::function: return "function";
    case graph::Callable::Kind::task: return "task";
    case graph::Callable::Kind::pipeline: return "pipeline";
  }
  return "";
}

std::string describe_type(Port const& port) {
  auto text = port.type.to_string();
  if (!port.accept.empty()) text += " (" + join(port.accept, ", ") + ")";
  text += range_of(port);
  if (!port.one_of.empty()) text += ": " + join(port.one_of, " | ");
  if (port.fallback) return text + "; " + value::to_json(*port.fallback).dump() + " if not given";
  return port.required ? text : text + "; may be left out";
}

std::string describe(runtime::Library::Description const& description) {
  auto const& signature = description.signature;
  auto text = description.name + ", a" + (description.kind == graph::Callable::Kind::operation ? "n " : " ") +
              std::string(name_of(description.kind)) +
              (description.file.empty() ? "" : " in " + description.file) + "\n";
  if (!description.about.empty()) text += description.about + "\n";
  text += list_of(description.open_inputs ? "Inputs, and any others" : "Inputs", signature.inputs);
  text += list_of("Outputs", signature.outputs);
  text += "\nRun it\n  shoal run " + description.run_as;
  if (!signature.inputs.empty()) text += " " + usage_of(signature.inputs);
  text += "\n";
  if (!description.uses.empty()) {
    text += "\n" +
            std::string(description.kind == graph::Callable::Kind::task ? "Rungs, first to last" : "Uses") +
            "\n  " + join(description.uses, "\n  ") + "\n";
  }
  text += missing_of(description);
  if (description.error && description.missing.empty())
    text += "\nIt cannot be run\n" + description.error->message() + "\n";
  return text;
}

Json to_json(runtime::Library::Description const& description) {
  Json document = Json::object({{"name", description.name},
                                {"kind", name_of(description.kind)},
                                {"about", description.about},
                                {"file", description.file.empty() ? Json() : Json(description.file)},
                                {"inputs", to_json(description.signature.inputs)},
                                {"outputs", to_json(description.signature.outputs)}});
  Json uses = Json::array(), missing = Json::array();
  for (auto const& use : description.uses) uses.push(use);
  for (auto const& model : description.missing)
    missing.push(Json::object({{"name", model.entry.full_name()}, {"bytes", model.entry.size()}}));
  document.set("uses", std::move(uses)).set("missing_models", std::move(missing));
  if (description.error) document.set("error", to_json(*description.error)["error"]);
  return document;
}

}  // namespace shoal::cli
