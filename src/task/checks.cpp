#include "task/checks.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "graph/problems.h"
#include "task/check_kinds.h"
#include "task/path.h"
#include "value/type.h"

namespace shoal::task {
namespace {

using graph::add_problem;
using value::Port;
using value::Signature;
using value::Type;
using value::Value;
using TypeKind = Type::Kind;

// Every check takes it: the path of a boolean output that lets it pass where it is true.
constexpr std::string_view kUnless = "unless";

std::vector<CheckKind> const& kinds() {
  static std::vector<CheckKind> const all = [] {
    auto list = output_checks();
    for (auto& kind : comparing_checks()) list.push_back(std::move(kind));
    return list;
  }();
  return all;
}

CheckKind const* find_kind(std::string_view name) {
  for (auto const& kind : kinds()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

bool is_open(Type const& type) { return type.kind() == TypeKind::any || type.kind() == TypeKind::json; }

Value as_list(Value const& value) { return value.is_list() ? value : Value::list({value}); }

// The parameters of one check, read from what is written and completed with what is not.
class Resolver {
 public:
  Resolver(CheckSpec const& spec, Signature const& signature, std::vector<Problem>& problems)
      : spec_(spec), signature_(signature), problems_(problems) {}

  // The complete parameters; what is wrong is among the problems.
  Value resolve() {
    kind_ = find_kind(spec_.name);
    if (kind_ == nullptr) {
      std::vector<std::string> names;
      for (auto const& kind : kinds()) names.emplace_back(kind.name);
      auto hint = graph::propose(problems_, spec_.name, names);
      add_problem(problems_, spec_.position, "no check is called " + quoted(spec_.name),
                  hint.empty() ? "there are " + join(names, ", ") : hint);
      return {};
    }
    auto const parameters = written();
    for (auto const& [name, value] : parameters.as_record()) read(name, value);
    for (auto const& parameter : kind_->parameters) complete(parameter);
    if (kind_->misuse != nullptr && failed_.empty()) {
      if (auto misuse = kind_->misuse(parameters_)) problem(*misuse);
    }
    return parameters_;
  }

 private:
  void problem(std::string const& what, std::string hint = {}) {
    add_problem(problems_, spec_.position, "check " + quoted(spec_.name) + " " + what, std::move(hint));
  }

  Value written() {
    auto const& arguments = spec_.arguments;
    if (arguments.is_null() || arguments.is_record()) return arguments;
    if (!kind_->short_form.empty()) return Value::record({{std::string(kind_->short_form), arguments}});
    problem("takes its parameters by name",
            "for example `{" + std::string(kind_->parameters[0].name) + ": …}`");
    return {};
  }

  void read(std::string const& name, Value const& value) {
    if (name == kUnless) {
      if (fits_path(name, value, signature_.outputs, "output", {TypeKind::boolean})) set(name, value);
      return;
    }
    for (auto const& parameter : kind_->parameters) {
      if (parameter.name != name) continue;
      if (value.is_null()) return problem("has nothing for " + quoted(name));
      if (auto fitting = fit(parameter, value)) return set(name, *fitting);
      failed_.push_back(name);
      return;
    }
    std::vector<std::string> names = {std::string(kUnless)};
    for (auto const& parameter : kind_->parameters) names.emplace_back(parameter.name);
    auto hint = graph::propose(problems_, name, names);
    problem("has no parameter " + quoted(name), hint.empty() ? "it takes " + join(names, ", ") : hint);
  }

  void set(std::string_view name, Value value) { parameters_ = parameters_.with(name, std::move(value)); }

  // The value in the form that Arguments reads, or nothing where it does not fit.
  std::optional<Value> fit(Parameter const& parameter, Value const& value) {
    auto const name = std::string(parameter.name);
    switch (parameter.takes) {
      case Takes::outputs: return fit_paths(name, value, signature_.outputs, "output", {});
      case Takes::output_texts: return fit_paths(name, value, signature_.outputs, "output", {TypeKind::text});
      case Takes::output_number:
        return fit_paths(name, value, signature_.outputs, "output", {TypeKind::number, TypeKind::integer});
      case Takes::input_texts: return fit_paths(name, value, signature_.inputs, "input", {TypeKind::text});
      case Takes::number:
      case Takes::count: return fit_number(parameter, value);
      case Takes::texts: return fit_texts(parameter, value);
      case Takes::name:
        if (value.is_text() && !value.as_text().empty()) return value;
        problem("takes a name for " + quoted(name) + ", not " + std::string(value.kind_name()));
    }
    return std::nullopt;
  }

  std::optional<Value> fit_paths(std::string const& name, Value const& value, std::vector<Port> const& ports,
                                 std::string_view side, std::vector<TypeKind> const& wanted) {
    auto paths = as_list(value);
    if (paths.as_list().empty()) {
      problem("has an empty list for " + quoted(name));
      return std::nullopt;
    }
    bool fit = true;
    for (auto const& path : paths.as_list()) fit &= fits_path(name, path, ports, side, wanted);
    return fit ? std::optional(std::move(paths)) : std::nullopt;
  }

  bool fits_path(std::string const& name, Value const& path, std::vector<Port> const& ports,
                 std::string_view side, std::vector<TypeKind> const& wanted) {
    if (!path.is_text()) {
      problem("takes the name of an " + std::string(side) + " for " + quoted(name) + ", not " +
              std::string(path.kind_name()));
      return false;
    }
    auto type = type_at(path.as_text(), ports, side);
    if (!type) {
      problem("cannot use " + quoted(path.as_text()) + " for " + quoted(name) + ": " +
              type.error().message());
      return false;
    }
    auto const end = without_lists(*type);
    if (wanted.empty() || is_open(end) || std::find(wanted.begin(), wanted.end(), end.kind()) != wanted.end())
      return true;
    problem("needs `" + Type(wanted.front()).to_string() + "` for " + quoted(name) + ", but " +
                quoted(path.as_text()) + " is `" + type->to_string() + "`",
            end.kind() == TypeKind::record ? "name one of its fields: `" + path.as_text() + ".FIELD`" : "");
    return false;
  }

  std::optional<Value> fit_number(Parameter const& parameter, Value const& value) {
    bool whole = parameter.takes == Takes::count;
    bool fits = (whole ? value.is_integer() : value.is_number()) && value.as_number() >= 0 &&
                std::isfinite(value.as_number());
    if (fits) return value;
    problem(std::string("takes a ") + (whole ? "whole number" : "number") + " from 0 for " +
            quoted(parameter.name));
    return std::nullopt;
  }

  std::optional<Value> fit_texts(Parameter const& parameter, Value const& value) {
    auto texts = as_list(value);
    for (auto const& text : texts.as_list()) {
      if (!text.is_text()) {
        problem("takes texts for " + quoted(parameter.name) + ", not " + std::string(text.kind_name()));
        return std::nullopt;
      }
      auto const& known = parameter.known;
      if (known.empty() || std::find(known.begin(), known.end(), text.as_text()) != known.end()) continue;
      auto hint = graph::propose(problems_, text.as_text(), known);
      problem("does not know " + quoted(text.as_text()),
              hint.empty() ? "it knows " + join(known, ", ") : hint);
      return std::nullopt;
    }
    if (!texts.as_list().empty()) return texts;
    problem("has an empty list for " + quoted(parameter.name));
    return std::nullopt;
  }

  // What is not said

  void complete(Parameter const& parameter) {
    auto const name = std::string(parameter.name);
    if (parameters_.contains(name) || std::find(failed_.begin(), failed_.end(), name) != failed_.end())
      return;
    switch (parameter.unsaid) {
      case Unsaid::absent: return;
      case Unsaid::refused: return problem("needs " + quoted(name));
      case Unsaid::text_outputs: return use_text_outputs(name);
      case Unsaid::matching_text_input: return use_matching_input(name);
      case Unsaid::confidence_output: {
        auto const* port = signature_.output("confidence");
        bool is_number = port != nullptr &&
                         (port->type.kind() == TypeKind::number || port->type.kind() == TypeKind::integer);
        if (is_number && !parameters_.contains("evidence")) set(name, Value::list({"confidence"}));
      }
    }
  }

  void use_text_outputs(std::string const& name) {
    Value::List paths;
    for (auto const& port : signature_.outputs) {
      if (port.type.kind() == TypeKind::text) paths.emplace_back(port.name);
    }
    if (paths.empty())
      return problem("has nothing to look at: the task has no output of type text",
                     "name one with `" + name + "`");
    set(name, Value(std::move(paths)));
  }

  void use_matching_input(std::string const& name) {
    std::vector<std::string> texts;
    for (auto const& port : signature_.inputs) {
      if (port.type.kind() == TypeKind::text) texts.push_back(port.name);
    }
    auto const& of = parameters_["of"].as_list();
    bool same = of.size() == 1 && std::find(texts.begin(), texts.end(), of[0].as_text()) != texts.end();
    if (same) return set(name, Value::list({of[0]}));
    if (texts.size() == 1) return set(name, Value::list({texts[0]}));
    problem("does not know what to compare with", "name an input with `" + name + "`");
  }

  CheckSpec const& spec_;
  Signature const& signature_;
  std::vector<Problem>& problems_;
  CheckKind const* kind_ = nullptr;
  Value parameters_ = Value::record();
  std::vector<std::string> failed_;  // parameters that were reported
};

bool is_excused(CheckSpec const& spec, Attempt const& attempt) {
  auto const& unless = spec.arguments[kUnless];
  if (!unless.is_text()) return false;
  auto const values = leaves_at(unless.as_text(), attempt.outputs);
  return !values.empty() &&
         std::all_of(values.begin(), values.end(), [](Value const* value) { return value->as_boolean(); });
}

std::vector<std::string_view> texts_at_all(Value const& paths, Value const& ports) {
  std::vector<std::string_view> texts;
  for (auto const& path : paths.as_list()) {
    auto const found = texts_at(path.as_text(), ports);
    texts.insert(texts.end(), found.begin(), found.end());
  }
  return texts;
}

}  // namespace

std::vector<std::string> Arguments::list(std::string_view name) const {
  std::vector<std::string> texts;
  for (auto const& text : parameters_[name].as_list()) texts.push_back(text.as_text());
  return texts;
}

std::vector<std::string_view> Arguments::output_texts(std::string_view parameter) const {
  return texts_at_all(parameters_[parameter], attempt_.outputs);
}

std::vector<std::string_view> Arguments::input_texts(std::string_view parameter) const {
  return texts_at_all(parameters_[parameter], attempt_.inputs);
}

void validate(CheckSpec const& spec, Signature const& signature, std::vector<Problem>& problems) {
  Resolver(spec, signature, problems).resolve();
}

CheckSpec completed(CheckSpec spec, Signature const& signature) {
  std::vector<Problem> problems;
  auto parameters = Resolver(spec, signature, problems).resolve();
  CHECK(problems.empty());
  spec.arguments = std::move(parameters);
  return spec;
}

std::vector<Verdict> run_checks(std::vector<CheckSpec> const& specs, Attempt const& attempt) {
  std::vector<Verdict> verdicts;
  verdicts.reserve(specs.size());
  for (auto const& spec : specs) {
    auto const* kind = find_kind(spec.name);
    CHECK(kind != nullptr);
    Verdict verdict{spec.name};
    if (!is_excused(spec, attempt)) {
      auto failure = kind->failure(Arguments(spec.arguments, attempt));
      verdict.passed = !failure;
      verdict.reason = failure.value_or("");
    }
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

std::vector<CheckDescription> all_checks() {
  std::vector<CheckDescription> list;
  for (auto const& kind : kinds()) list.push_back({std::string(kind.name), std::string(kind.about)});
  return list;
}

}  // namespace shoal::task
