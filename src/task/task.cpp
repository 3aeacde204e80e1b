#include "task/task.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "graph/problems.h"
#include "value/type.h"

namespace shoal::task {
namespace {

using graph::Callable;
using value::Port;
using value::Value;

std::vector<std::string> names_of(std::vector<Port> const& ports) {
  std::vector<std::string> names;
  for (auto const& port : ports) names.push_back(port.name);
  return names;
}

Port const* find_port(std::vector<Port> const& ports, std::string_view name) {
  for (auto const& port : ports) {
    if (port.name == name) return &port;
  }
  return nullptr;
}

class Checker {
 public:
  Checker(Task parsed, graph::Callables const& catalog) : catalog_(catalog) {
    checked_.task = std::move(parsed);
    problems_ = std::exchange(checked_.task.problems, {});
  }

  Result<Checked> check() {
    for (auto& rung : checked_.task.ladder) check_rung(rung);
    for (auto const& spec : checked_.task.checks) validate(spec, signature(), problems_);
    if (!problems_.empty()) return report();
    for (auto& spec : checked_.task.checks) spec = completed(std::move(spec), signature());
    return std::move(checked_);
  }

 private:
  value::Signature const& signature() const { return checked_.task.signature; }

  void problem(Position position, std::string message, std::string hint = {}) {
    graph::add_problem(problems_, position, std::move(message), std::move(hint));
  }

  Error report() {
    bool only_models = problems_.size() == missing_models_;
    auto error = to_error(std::move(problems_), checked_.task.file);
    return only_models ? Error(Code::not_found, error.message()) : error;
  }

  void check_rung(Rung& rung) {
    if (rung.use.empty()) return;  // reported by parse()
    if (rung.use == checked_.task.name) {
      return problem(rung.position, "task " + quoted(rung.use) + " cannot be its own rung",
                     "name what does the work");
    }
    auto callable = catalog_.find(rung.use);
    if (!callable) return report_unknown(rung);
    if (callable->missing_model) {
      ++missing_models_;
      problem(rung.position, quoted(rung.use) + " needs a model that is not in the store",
              *callable->missing_model);
    }
    auto const before = problems_.size();
    check_with(rung, *callable);
    auto const arguments = check_inputs(rung, *callable);
    // What it is given decides what it gives, so outputs mean little after wrong inputs.
    if (!callable->infer || problems_.size() == before) check_outputs(rung, *callable, arguments);
    checked_.callables.push_back(std::move(*callable));
  }

  void report_unknown(Rung const& rung) {
    if (names_.empty()) names_ = catalog_.names();
    auto hint = graph::propose(problems_, rung.use, names_);
    problem(rung.position, "nothing is called " + quoted(rung.use),
            hint.empty() ? "`use` names an operation, a function, a task or a pipeline" : hint);
  }

  // The rung's own literals, which become values of its ports' types.
  void check_with(Rung& rung, Callable const& callable) {
    auto bound = rung.with;
    for (auto const& [name, literal] : rung.with.as_record()) {
      auto const* port = callable.signature.input(name);
      if (port == nullptr) {
        if (!callable.open_inputs) report_unknown_input(rung, name, callable);
        continue;
      }
      auto value = value::bind_inputs({*port}, Value::record({{name, literal}}));
      if (value) {
        bound = bound.with(name, (*value)[name]);
      } else {
        problem(rung.position, "rung " + quoted(rung.use) + ": " + value.error().message());
      }
    }
    rung.with = std::move(bound);
  }

  void report_unknown_input(Rung const& rung, std::string const& name, Callable const& callable) {
    auto const names = names_of(callable.signature.inputs);
    auto hint = graph::propose(problems_, name, names);
    if (hint.empty()) hint = names.empty() ? "it takes none" : "it takes " + join(names, ", ");
    problem(rung.position, quoted(rung.use) + " has no input " + quoted(name), hint);
  }

  // What the rung gets, as an inference hook wants it.
  std::vector<graph::Argument> check_inputs(Rung const& rung, Callable const& callable) {
    std::vector<graph::Argument> arguments;
    for (auto const& [name, literal] : rung.with.as_record()) {
      auto const* port = callable.signature.input(name);
      arguments.push_back({name, port != nullptr ? port->type : value::Type(), &literal});
    }
    for (auto const& port : callable.signature.inputs) {
      if (rung.with.contains(port.name)) continue;
      if (auto const* input = signature().input(port.name)) {
        check_input(rung, *input, port);
        arguments.push_back({port.name, input->type, nullptr});
      } else if (port.required && !port.fallback) {
        problem(rung.position,
                "rung " + quoted(rung.use) + " lacks its input " + quoted(port.name) + " (" +
                    port.type.to_string() + ")",
                "the task has no input of that name: add one, or give it a value with `with`");
      }
    }
    return arguments;
  }

  void check_input(Rung const& rung, Port const& input, Port const& port) {
    auto subject = "rung " + quoted(rung.use) + ", input " + quoted(port.name);
    if (!value::assignable(input.type, port.type)) {
      return problem(rung.position, subject + ": " + value::explain_mismatch(input.type, port.type));
    }
    bool may_be_null = !input.required && !input.fallback;
    if (may_be_null && port.required && !port.fallback) {
      problem(rung.position, subject + " may be null: the task's input is not required",
              "give the input a `default:`");
    }
  }

  // An output that may be null is no problem: a rung that leaves out what the task must give has failed.
  void check_outputs(Rung const& rung, Callable const& callable,
                     std::vector<graph::Argument> const& arguments) {
    auto outputs =
        callable.infer ? callable.infer(arguments) : Result<std::vector<Port>>(callable.signature.outputs);
    if (!outputs)
      return problem(rung.position, "rung " + quoted(rung.use) + ": " + outputs.error().message());
    for (auto const& wanted : signature().outputs) {
      auto const* given = find_port(*outputs, wanted.name);
      if (given == nullptr) {
        if (wanted.required) report_missing_output(rung, wanted, *outputs);
      } else if (!value::assignable(given->type, wanted.type)) {
        problem(rung.position, "rung " + quoted(rung.use) + ", output " + quoted(wanted.name) + ": " +
                                   value::explain_mismatch(given->type, wanted.type));
      }
    }
  }

  void report_missing_output(Rung const& rung, Port const& wanted, std::vector<Port> const& given) {
    problem(rung.position,
            "rung " + quoted(rung.use) + " does not give the output " + quoted(wanted.name) + " (" +
                wanted.type.to_string() + ")",
            given.empty() ? "it gives nothing" : "it gives " + join(names_of(given), ", "));
  }

  graph::Callables const& catalog_;
  Checked checked_;
  std::vector<Problem> problems_;
  std::vector<std::string> names_;  // of the catalogue, once they are needed
  std::size_t missing_models_ = 0;
};

}  // namespace

Result<Checked> check(Task parsed, graph::Callables const& callables) {
  return Checker(std::move(parsed), callables).check();
}

Callable callable_of(Checked const& checked) {
  Callable callable;
  callable.kind = Callable::Kind::task;
  callable.name = checked.task.name;
  callable.signature = checked.task.signature;
  for (auto const& rung : checked.callables) callable.effects = std::max(callable.effects, rung.effects);
  return callable;
}

}  // namespace shoal::task
