#include "graph/step_check.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "graph/problems.h"

namespace shoal::graph {
namespace {

using value::Port;
using value::Type;
using value::Value;
using Kind = Type::Kind;

class StepChecker {
 public:
  StepChecker(ParsedStep& step, StepSurroundings const& around)
      : step_(step),
        around_(around),
        typing_(around.slots, around.problems),
        who_("step " + quoted(step.id)) {}

  void check(StepCallables callables, Known& slot) {
    if (step_.each) typing_.set_item(item_of_each());
    if (step_.when) typing_.expect_condition(*step_.when, "when");
    auto outputs = callables.callable != nullptr ? check_call(*callables.callable) : std::nullopt;
    if (callables.callable == nullptr) typing_.type_of(step_.with);
    if (step_.stand_in) check_stand_in(callables.stand_in, outputs);
    if (!outputs) {
      if (step_.otherwise) typing_.type_of(*step_.otherwise);
      return;
    }
    if (step_.repeat) check_loop(*callables.callable, *outputs);
    auto absence_of_else = step_.otherwise ? check_else(*outputs) : std::nullopt;
    publish(slot, std::move(*outputs), std::move(absence_of_else));
  }

  std::vector<std::string> take_stand_in_ports() { return std::move(stand_in_ports_); }

 private:
  void problem(Position position, std::string message, std::string hint = {}) {
    add_problem(around_.problems, position, std::move(message), std::move(hint));
  }

  std::optional<std::vector<Port>> check_call(Callable const& callable) {
    check_memory(callable);
    auto arguments = check_inputs(step_, who_, callable);
    return outputs_of(step_, who_, callable, arguments);
  }

  // Whether it can ever fit what may be taken. An estimate may be wrong: of the model alone it is a warning.
  void check_memory(Callable const& callable) {
    if (step_.memory > 0 && callable.kind != Callable::Kind::operation) {
      bool const is_function = callable.kind == Callable::Kind::function;
      problem(step_.needs_position, "`needs` in " + who_ + ", which uses no operation",
              is_function ? "leave it out" : "give it to the steps in " + quoted(step_.use));
    }
    auto const most = around_.catalog.memory();
    if (!most || (step_.memory <= *most && callable.model_memory <= *most - step_.memory)) return;
    auto const model = human_bytes(callable.model_memory) + " for its model";
    auto const limit = ", and all that runs may take " + human_bytes(*most);
    auto const hint = "use a smaller model, or give shoal more: SHOAL_MEMORY=…";
    if (step_.memory == 0)
      return add_problem(around_.warnings, step_.use_position, who_ + " needs about " + model + limit, hint);
    problem(step_.needs_position,
            who_ + " needs " + human_bytes(step_.memory) +
                (callable.model_memory > 0 ? " and about " + model : std::string()) + limit,
            hint);
  }

  Typed item_of_each() {
    auto list = typing_.type_of(*step_.each);
    if (list.absence) {
      problem(step_.each->position,
              "`each` of step " + quoted(step_.id) + " may be null: " + list.absence->reason,
              list.absence->remedy);
    }
    if (!list.type) return {};
    switch (list.type->kind()) {
      case Kind::list:
      case Kind::stream: return {list.type->element(), {}};
      case Kind::any:
      case Kind::json: return {Type(), {}};
      default: break;
    }
    auto const& text = step_.each->literal.as_text();
    problem(step_.each->position,
            "`each` of step " + quoted(step_.id) + " needs a list, not `" + list.type->to_string() + "`",
            is_name(text) ? "`$" + text + "` would refer to a value" : "");
    return {};
  }

  // The inputs as an inference hook wants them, or nothing where a type is not known.
  std::optional<std::vector<Argument>> check_inputs(ParsedUse& call, std::string const& who,
                                                    Callable const& callable) {
    bool all_known = true;
    std::vector<Argument> arguments;
    for (std::size_t i = 0; i < call.with.parts.size(); ++i) {
      auto& binding = call.with.parts[i];
      auto const& name = call.with.names[i];
      auto const* port = callable.signature.input(name);
      if (port != nullptr) {
        check_input(who, binding, *port, typing_);
      } else if (!callable.open_inputs) {
        report_unknown_input(call.use, name, call.with_positions[i], callable);
      }
      if (!callable.infer) {
        if (port == nullptr) typing_.type_of(binding);
        continue;
      }
      auto type = port != nullptr ? typing_.type_again(binding) : typing_.type_of(binding).type;
      all_known = all_known && type;
      auto const* literal = binding.kind == Binding::Kind::literal ? &binding.literal : nullptr;
      if (type) arguments.push_back({name, std::move(*type), literal});
    }
    report_missing_inputs(call, who, callable);
    if (!all_known) return std::nullopt;
    return arguments;
  }

  void check_input(std::string const& who, Binding& binding, Port const& port, Typing& typing) {
    auto subject = [&] { return who + ", input " + quoted(port.name); };
    auto before = around_.problems.size();
    auto absence = expect(binding, port.type, typing, subject);
    if (absence && port.required && !port.fallback) {
      problem(binding.position,
              subject() + " (" + port.type.to_string() + ") may be null: " + absence->reason,
              absence->remedy);
    }
    bool limited = port.min || port.max || !port.one_of.empty() || port.schema;
    if (around_.problems.size() != before || !limited || binding.kind != Binding::Kind::literal) return;
    auto bound = value::bind_inputs({port}, Value::record({{port.name, binding.literal}}));
    if (!bound) problem(binding.position, who + ": " + bound.error().message());
  }

  // Most bindings are references that fit: their subject need not be put together.
  template <typename Subject>
  std::optional<Absence> expect(Binding& binding, Type const& wanted, Typing& typing,
                                Subject const& subject) {
    if (binding.kind == Binding::Kind::reference) {
      auto typed = typing.type_of(binding);
      if (!typed.type || value::assignable(*typed.type, wanted)) return typed.absence;
      problem(binding.position, subject() + ": " + value::explain_mismatch(*typed.type, wanted),
              find_converter(*typed.type, wanted));
      return typed.absence;
    }
    return typing.expect(binding, wanted, subject());
  }

  // A function that makes `to` of `from` alone.
  std::string find_converter(Type const& from, Type const& to) {
    if (around_.problems.size() >= kMostProposals) return {};
    for (auto const& name : around_.names.list()) {
      auto callable = around_.catalog.find(name);
      if (!callable || callable->kind != Callable::Kind::function || callable->infer) continue;
      auto const& [inputs, outputs] = callable->signature;
      if (inputs.empty() || outputs.size() != 1) continue;
      bool only_first =
          std::none_of(inputs.begin() + 1, inputs.end(), [](Port const& port) { return port.required; });
      auto is_certain = [](Type const& type) {
        return type.kind() != Kind::any && type.kind() != Kind::json;
      };
      if (only_first && is_certain(inputs[0].type) && is_certain(outputs[0].type) &&
          value::assignable(from, inputs[0].type) && value::assignable(outputs[0].type, to)) {
        return "the function `" + name + "` makes `" + outputs[0].type.to_string() + "` of it";
      }
    }
    return {};
  }

  void report_unknown_input(std::string const& use, std::string const& name, Position position,
                            Callable const& callable) {
    auto names = names_of(callable.signature.inputs);
    auto hint = names.empty() ? "it takes none" : propose_or_list(around_.problems, name, names);
    problem(position, quoted(use) + " has no input " + quoted(name), hint);
  }

  void report_missing_inputs(ParsedUse const& call, std::string const& who, Callable const& callable) {
    for (auto const& port : callable.signature.inputs) {
      if (!port.required || port.fallback) continue;
      auto const& given = call.with.names;
      if (std::find(given.begin(), given.end(), port.name) != given.end()) continue;
      problem(call.use_position,
              who + " lacks the input " + quoted(port.name) + " (" + port.type.to_string() + ") of " +
                  quoted(call.use),
              "add `" + port.name + ": …` to `with`");
    }
  }

  // What the next turn gets, by what the last one gave.
  void check_loop(Callable const& callable, std::vector<Port> const& outputs) {
    Known turn;
    turn.is_step = turn.has_ports = true;
    turn.name = step_.id;
    turn.ports = outputs;
    Typing typing(around_.slots, around_.problems);
    typing.set_turn(turn);
    auto& loop = *step_.repeat;
    if (loop.condition) typing.expect_condition(*loop.condition, "while");
    for (std::size_t i = 0; i < loop.carry.parts.size(); ++i) {
      auto const& name = loop.carry.names[i];
      auto const* port = callable.signature.input(name);
      if (port != nullptr) {
        check_input(who_, loop.carry.parts[i], *port, typing);
      } else if (!callable.open_inputs) {
        report_unknown_input(step_.use, name, loop.carry_positions[i], callable);
      }
      if (callable.infer) check_constancy(name, loop.carry.parts[i], typing);
    }
  }

  // The types of its outputs follow from those of its inputs, so these are the same in every turn.
  void check_constancy(std::string const& name, Binding& carried, Typing& typing) {
    auto type = typing.type_again(carried);
    auto const& names = step_.with.names;
    auto at = std::find(names.begin(), names.end(), name);
    if (at == names.end()) {
      return problem(carried.position,
                     "the first turn of step " + quoted(step_.id) + " has no input " + quoted(name),
                     "add `" + name + ": …` to `with`");
    }
    auto first = typing.type_again(step_.with.parts[static_cast<std::size_t>(at - names.begin())]);
    if (!type || !first || value::assignable(*type, *first)) return;
    problem(carried.position, who_ + ", input " + quoted(name) + ": the first turn gets `" +
                                  first->to_string() + "`, further ones `" + type->to_string() + "`");
  }

  std::optional<std::vector<Port>> outputs_of(ParsedUse const& call, std::string const& who,
                                              Callable const& callable,
                                              std::optional<std::vector<Argument>> const& arguments) {
    if (!callable.infer) return callable.signature.outputs;
    if (!arguments) return std::nullopt;
    auto outputs = callable.infer(*arguments);
    if (!outputs) {
      problem(call.use_position, who + ": " + outputs.error().message());
      return std::nullopt;
    }
    for (auto& port : *outputs) port.type = bounded(std::move(port.type));
    return std::move(*outputs);
  }

  // What stands in for a step that failed gives what the step gives.
  void check_stand_in(Callable const* callable, std::optional<std::vector<Port>> const& wanted) {
    auto& stand_in = *step_.stand_in;
    if (callable == nullptr) return void(typing_.type_of(stand_in.with));
    auto who = "`on_error` of " + who_;
    auto arguments = check_inputs(stand_in, who, *callable);
    auto given = outputs_of(stand_in, who, *callable, arguments);
    if (!given || !wanted) return;
    for (auto const& port : *wanted) {
      auto const* same = counterpart(port, *wanted, *given);
      if (same == nullptr) {
        problem(stand_in.use_position,
                who + ": " + quoted(stand_in.use) + " has no output " + quoted(port.name),
                propose_or_list(around_.problems, port.name, names_of(*given)));
        continue;
      }
      stand_in_ports_.push_back(same->name);
      check_counterpart(stand_in, who + ", output " + quoted(port.name), *same, port);
    }
  }

  // The one of the same name; of one output each the names do not matter.
  static Port const* counterpart(Port const& port, std::vector<Port> const& wanted,
                                 std::vector<Port> const& given) {
    auto same = std::find_if(given.begin(), given.end(),
                             [&](Port const& candidate) { return candidate.name == port.name; });
    if (same != given.end()) return &*same;
    return wanted.size() == 1 && given.size() == 1 ? &given.front() : nullptr;
  }

  void check_counterpart(ParsedUse const& stand_in, std::string const& subject, Port const& given,
                         Port const& wanted) {
    if (!value::assignable(given.type, wanted.type))
      problem(stand_in.use_position, subject + ": " + value::explain_mismatch(given.type, wanted.type));
    if (wanted.required && !given.required) {
      problem(stand_in.use_position, subject + ": that of " + quoted(stand_in.use) + " may be absent");
    }
  }

  // Makes `else` a record by port. Returns why it may be null.
  std::optional<Absence> check_else(std::vector<Port> const& outputs) {
    auto& binding = *step_.otherwise;
    auto subject = [&] { return "`else` of " + who_; };
    if (outputs.empty()) {
      problem(binding.position, subject() + ": the step has no outputs", "leave it out");
      return std::nullopt;
    }
    auto wanted = outputs.size() == 1 ? outputs.front().type : record_of(outputs);
    auto absence = expect(binding, wanted, typing_, subject);
    if (absence && step_.each) {
      problem(binding.position, subject() + " may be null: " + absence->reason,
              "without `else` the items that `when` refuses are left out");
    }
    if (outputs.size() == 1) binding = as_record(outputs.front().name, std::move(binding));
    return absence;
  }

  static Type record_of(std::vector<Port> const& ports) {
    std::vector<Type::Field> fields;
    for (auto const& port : ports) fields.emplace_back(port.name, port.type);
    return Type::record(std::move(fields));
  }

  static Binding as_record(std::string const& name, Binding part) {
    Binding record;
    record.position = part.position;
    if (part.kind == Binding::Kind::literal) {
      record.literal = Value::record({{name, std::move(part.literal)}});
      return record;
    }
    record.kind = Binding::Kind::record;
    record.names = {name};
    record.parts.push_back(std::move(part));
    return record;
  }

  // The outputs as other steps see them.
  void publish(Known& slot, std::vector<Port> outputs, std::optional<Absence> absence_of_else) {
    if (step_.each) {
      auto const is_errors = [](Port const& port) { return port.name == kErrors; };
      slot.has_errors =
          step_.on_error == OnError::skip && std::none_of(outputs.begin(), outputs.end(), is_errors);
      for (auto& port : outputs) {
        // Where an item may be null only `any` is sound: conforms() decides when it arrives.
        port.type = Type::list(port.required ? port.type : Type());
        port.required = true;
      }
    } else if (step_.when && !step_.otherwise) {
      slot.absence =
          Absence{who_ + " has `when` without `else`", "give step " + quoted(step_.id) + " an `else:`"};
    } else if (step_.on_error == OnError::skip) {
      slot.absence =
          Absence{who_ + " has `on_error: skip`", "use `on_error: fail`, or an input that is not required"};
    } else {
      slot.absence = std::move(absence_of_else);
    }
    slot.ports = std::move(outputs);
    slot.has_ports = true;
  }

  ParsedStep& step_;
  StepSurroundings const& around_;
  Typing typing_;
  std::string who_;  // begins the messages
  std::vector<std::string> stand_in_ports_;
};

}  // namespace

std::vector<std::string> check_types(ParsedStep& step, StepCallables callables, Known& slot,
                                     StepSurroundings const& around) {
  StepChecker checker(step, around);
  checker.check(callables, slot);
  return checker.take_stand_in_ports();
}

}  // namespace shoal::graph
