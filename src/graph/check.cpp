#include "graph/check.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "graph/order.h"
#include "graph/problems.h"
#include "graph/references.h"
#include "graph/typing.h"

namespace shoal::graph {
namespace {

using value::Port;
using value::Type;
using value::Value;
using Kind = Type::Kind;

constexpr std::uint32_t kNoCallable = 0xffffffff;
constexpr std::size_t kShownOfCircle = 12;

std::vector<std::string> names_of(std::vector<Port> const& ports) {
  std::vector<std::string> names;
  for (auto const& port : ports) names.push_back(port.name);
  return names;
}

// One check of one document, in the order of check(): slots are counted by the document until the end.
class Checker {
 public:
  Checker(Parsed parsed, Callables const& catalog)
      : parsed_(std::move(parsed)), catalog_(catalog), problems_(std::move(parsed_.problems)) {
    checked_.file = parsed_.file;
    checked_.name = parsed_.name;
    checked_.about = parsed_.about;
  }

  Result<Checked> check() {
    find_callables();
    name_slots();
    resolve_references();
    find_order_of_steps();
    for (auto step : order_.steps) check_step(step);
    check_outputs();
    find_unused();
    if (!problems_.empty()) return report();
    put_in_order();
    return std::move(checked_);
  }

 private:
  std::size_t input_count() const { return parsed_.inputs.size(); }
  Known& known(std::uint32_t step) { return slots_[input_count() + step]; }
  Callable const* callable_of_step(std::uint32_t step) const {
    return callable_of_[step] == kNoCallable ? nullptr : &checked_.callables[callable_of_[step]];
  }

  void problem(Position position, std::string message, std::string hint = {}) {
    add_problem(problems_, position, std::move(message), std::move(hint));
  }

  // What the steps use

  void find_callables() {
    std::unordered_map<std::string_view, std::uint32_t> found;
    callable_of_.reserve(parsed_.steps.size());
    for (auto const& step : parsed_.steps) {
      auto [entry, is_new] = found.try_emplace(step.use, kNoCallable);
      if (is_new && !step.use.empty()) {
        if (auto callable = catalog_.find(step.use)) {
          entry->second = static_cast<std::uint32_t>(checked_.callables.size());
          checked_.callables.push_back(std::move(*callable));
          check_model(step, checked_.callables.back());
        }
      }
      callable_of_.push_back(entry->second);
      if (entry->second == kNoCallable && !step.use.empty()) report_unknown_use(step);
    }
  }

  void report_unknown_use(ParsedStep const& step) {
    if (names_.empty()) names_ = catalog_.names();
    auto hint = propose(problems_, step.use, names_);
    problem(step.use_position, "nothing is called " + quoted(step.use),
            hint.empty() ? "`use` names an operation, a function, a task or a pipeline" : hint);
  }

  void check_model(ParsedStep const& step, Callable const& callable) {
    if (!callable.missing_model) return;
    ++missing_models_;
    problem(step.use_position, quoted(step.use) + " needs a model that is not in the store",
            *callable.missing_model);
  }

  // What the names mean

  void name_slots() {
    slots_.reserve(input_count() + parsed_.steps.size());
    for (auto const& port : parsed_.inputs) {
      Known slot;
      slot.name = port.name;
      slot.input.type = port.type;
      if (!port.required && !port.fallback) {
        slot.input.absence =
            Absence{"input " + quoted(port.name) + " is not required", "give the input a `default:`"};
      }
      add_slot(port.name, std::move(slot));
    }
    for (auto const& step : parsed_.steps) {
      if (slot_of_.count(step.id) != 0) {
        has_unknown_names_ = true;
        problem(step.position, "step " + quoted(step.id) + " has the name of an input", "rename one of them");
      }
      Known slot;
      slot.is_step = true;
      slot.name = step.id;
      add_slot(step.id, std::move(slot));
    }
  }

  void add_slot(std::string_view name, Known slot) {
    slot_of_.try_emplace(name, static_cast<std::uint32_t>(slots_.size()));
    slots_.push_back(std::move(slot));
  }

  void resolve_references() {
    dependencies_.resize(parsed_.steps.size());
    for (std::size_t i = 0; i < parsed_.steps.size(); ++i) {
      auto& step = parsed_.steps[i];
      if (step.each) check_item_name(step);
      visit_step_references(step, [&](Reference& reference, bool in_item) {
        bool is_item = in_item && step.each && reference.name == step.item;
        if (is_item) {
          reference.slot = kItem;
        } else {
          resolve(reference, step.each ? &step.item : nullptr);
        }
        note_read(reference.slot, &dependencies_[i]);
      });
      sort_out(dependencies_[i]);
    }
    for (auto& output : parsed_.outputs) {
      visit_references(output.binding, [&](Reference& reference) {
        resolve(reference, nullptr);
        note_read(reference.slot, &read_by_outputs_);
      });
    }
  }

  void check_item_name(ParsedStep const& step) {
    if (slot_of_.count(step.item) == 0) return;
    auto position = step.item_position.line > 0 ? step.item_position : step.each->position;
    problem(position,
            "the item of step " + quoted(step.id) + " has the name " + quoted(step.item) +
                " of a step or an input",
            "name it with `as: NAME`");
  }

  void resolve(Reference& reference, std::string const* item) {
    auto found = slot_of_.find(reference.name);
    if (found != slot_of_.end()) {
      reference.slot = found->second;
      return;
    }
    has_unknown_names_ = true;
    if (item != nullptr && reference.name == *item) {
      return problem(reference.position, "`each` cannot use its own item " + quoted("$" + *item));
    }
    problem(reference.position, "no input or step is called " + quoted("$" + reference.name),
            propose_reference(reference.name, item));
  }

  std::string propose_reference(std::string const& name, std::string const* item) const {
    if (problems_.size() >= kMostProposals) return {};
    std::vector<std::string> names;
    for (auto const& slot : slots_) names.push_back(slot.name);
    if (item != nullptr) names.push_back(*item);
    auto nearest = nearest_name(name, names);
    return nearest ? "did you mean `$" + *nearest + "`?" : "";
  }

  // An input of the pipeline that is read, or a step that is waited for.
  void note_read(std::uint32_t slot, std::vector<std::uint32_t>* steps) {
    if (slot >= slots_.size()) return;
    if (slot < input_count()) {
      input_is_read_.resize(input_count());
      input_is_read_[slot] = true;
    } else {
      steps->push_back(slot - static_cast<std::uint32_t>(input_count()));
    }
  }

  static void sort_out(std::vector<std::uint32_t>& indices) {
    std::sort(indices.begin(), indices.end());
    indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  }

  void find_order_of_steps() {
    order_ = find_order(dependencies_);
    for (auto const& circle : order_.circles) report_circle(circle);
  }

  void report_circle(std::vector<std::uint32_t> const& circle) {
    auto const& first = parsed_.steps[circle.front()];
    std::string way = first.id;
    for (std::size_t i = 1; i < std::min(circle.size(), kShownOfCircle); ++i)
      way += " → " + parsed_.steps[circle[i]].id;
    if (circle.size() > kShownOfCircle)
      way += " → … (" + std::to_string(circle.size() - kShownOfCircle) + " more)";
    problem(first.position, "steps wait for each other in a circle: " + way + " → " + first.id,
            "one of them must do without the next");
  }

  // Types

  void check_step(std::uint32_t index) {
    auto& step = parsed_.steps[index];
    Typing typing(slots_, problems_);
    if (step.each) typing.set_item(item_of(step, typing));
    if (step.when) typing.expect_condition(*step.when);
    auto const* callable = callable_of_step(index);
    if (callable == nullptr) {
      type_only(step, typing);
      return;
    }
    auto arguments = check_inputs(step, *callable, typing);
    auto outputs = outputs_of(step, *callable, arguments);
    if (!outputs) {
      if (step.otherwise) typing.type_of(*step.otherwise);
      return;
    }
    auto absence_of_else = step.otherwise ? check_else(step, *outputs, typing) : std::nullopt;
    publish(index, std::move(*outputs), std::move(absence_of_else));
  }

  // What is wrong inside a step that uses something unknown.
  static void type_only(ParsedStep& step, Typing& typing) {
    typing.type_of(step.with);
    if (step.otherwise) typing.type_of(*step.otherwise);
  }

  Typed item_of(ParsedStep& step, Typing& typing) {
    auto list = typing.type_of(*step.each);
    if (list.absence) {
      problem(step.each->position,
              "`each` of step " + quoted(step.id) + " may be null: " + list.absence->reason,
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
    auto const& text = step.each->literal.as_text();
    problem(step.each->position,
            "`each` of step " + quoted(step.id) + " needs a list, not `" + list.type->to_string() + "`",
            is_name(text) ? "`$" + text + "` would refer to a value" : "");
    return {};
  }

  // The inputs as an inference hook wants them, or nothing where a type is not known.
  std::optional<std::vector<Argument>> check_inputs(ParsedStep& step, Callable const& callable,
                                                    Typing& typing) {
    bool all_known = true;
    std::vector<Argument> arguments;
    for (std::size_t i = 0; i < step.with.parts.size(); ++i) {
      auto& binding = step.with.parts[i];
      auto const& name = step.with.names[i];
      auto const* port = callable.signature.input(name);
      if (port != nullptr) {
        check_input(step, binding, *port, typing);
      } else if (!callable.open_inputs) {
        report_unknown_input(step, i, callable);
      }
      if (!callable.infer) {
        if (port == nullptr) typing.type_of(binding);
        continue;
      }
      auto type = port != nullptr ? typing.type_again(binding) : typing.type_of(binding).type;
      all_known = all_known && type;
      auto const* literal = binding.kind == Binding::Kind::literal ? &binding.literal : nullptr;
      if (type) arguments.push_back({name, std::move(*type), literal});
    }
    report_missing_inputs(step, callable);
    if (!all_known) return std::nullopt;
    return arguments;
  }

  void check_input(ParsedStep const& step, Binding& binding, Port const& port, Typing& typing) {
    auto subject = [&] { return "step " + quoted(step.id) + ", input " + quoted(port.name); };
    auto before = problems_.size();
    auto absence = expect(binding, port.type, typing, subject);
    if (absence && port.required && !port.fallback) {
      problem(binding.position,
              subject() + " (" + port.type.to_string() + ") may be null: " + absence->reason,
              absence->remedy);
    }
    bool limited = port.min || port.max || !port.one_of.empty();
    if (problems_.size() != before || !limited || binding.kind != Binding::Kind::literal) return;
    auto bound = value::bind_inputs({port}, Value::record({{port.name, binding.literal}}));
    if (!bound) problem(binding.position, "step " + quoted(step.id) + ": " + bound.error().message());
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
    if (problems_.size() >= kMostProposals) return {};
    if (names_.empty()) names_ = catalog_.names();
    for (auto const& name : names_) {
      auto callable = catalog_.find(name);
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

  void report_unknown_input(ParsedStep const& step, std::size_t input, Callable const& callable) {
    auto names = names_of(callable.signature.inputs);
    auto hint = names.empty() ? "it takes none" : propose_or_list(problems_, step.with.names[input], names);
    problem(step.with_positions[input], quoted(step.use) + " has no input " + quoted(step.with.names[input]),
            hint);
  }

  void report_missing_inputs(ParsedStep const& step, Callable const& callable) {
    for (auto const& port : callable.signature.inputs) {
      if (!port.required || port.fallback) continue;
      auto const& given = step.with.names;
      if (std::find(given.begin(), given.end(), port.name) != given.end()) continue;
      problem(step.use_position,
              "step " + quoted(step.id) + " lacks the input " + quoted(port.name) + " (" +
                  port.type.to_string() + ") of " + quoted(step.use),
              "add `" + port.name + ": …` to `with`");
    }
  }

  std::optional<std::vector<Port>> outputs_of(ParsedStep const& step, Callable const& callable,
                                              std::optional<std::vector<Argument>> const& arguments) {
    if (!callable.infer) return callable.signature.outputs;
    if (!arguments) return std::nullopt;
    auto outputs = callable.infer(*arguments);
    if (!outputs) {
      problem(step.use_position, "step " + quoted(step.id) + ": " + outputs.error().message());
      return std::nullopt;
    }
    for (auto& port : *outputs) port.type = bounded(std::move(port.type));
    return std::move(*outputs);
  }

  // Makes `else` a record by port. Returns why it may be null.
  std::optional<Absence> check_else(ParsedStep& step, std::vector<Port> const& outputs, Typing& typing) {
    auto& binding = *step.otherwise;
    auto subject = [&] { return "`else` of step " + quoted(step.id); };
    if (outputs.empty()) {
      problem(binding.position, subject() + ": the step has no outputs", "leave it out");
      return std::nullopt;
    }
    auto wanted = outputs.size() == 1 ? outputs.front().type : record_of(outputs);
    auto absence = expect(binding, wanted, typing, subject);
    if (absence && step.each) {
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
  void publish(std::uint32_t index, std::vector<Port> outputs, std::optional<Absence> absence_of_else) {
    auto const& step = parsed_.steps[index];
    auto& slot = known(index);
    if (step.each) {
      auto const is_errors = [](Port const& port) { return port.name == kErrors; };
      slot.has_errors =
          step.on_error == OnError::skip && std::none_of(outputs.begin(), outputs.end(), is_errors);
      for (auto& port : outputs) {
        // Where an item may be null only `any` is sound: conforms() decides when it arrives.
        port.type = Type::list(port.required ? port.type : Type());
        port.required = true;
      }
    } else if (step.when && !step.otherwise) {
      slot.absence = Absence{"step " + quoted(step.id) + " has `when` without `else`",
                             "give step " + quoted(step.id) + " an `else:`"};
    } else if (step.on_error == OnError::skip) {
      slot.absence = Absence{"step " + quoted(step.id) + " has `on_error: skip`",
                             "use `on_error: fail`, or an input that is not required"};
    } else {
      slot.absence = std::move(absence_of_else);
    }
    slot.ports = std::move(outputs);
    slot.has_ports = true;
  }

  void check_outputs() {
    Typing typing(slots_, problems_);
    for (auto& output : parsed_.outputs) {
      auto typed = typing.type_of(output.binding);
      Port port;
      port.name = output.name;
      port.type = bounded(typed.type.value_or(Type()));
      port.required = !typed.absence;
      port.position = output.position;
      checked_.signature.outputs.push_back(std::move(port));
    }
  }

  // What nobody needs

  void find_unused() {
    if (parsed_.steps.empty() && parsed_.outputs.empty() && problems_.empty()) {
      problem({1, 1}, "the pipeline has neither steps nor outputs", "write `steps:` and `outputs:`");
    }
    if (has_unknown_names_) return;  // they may have been meant for what seems unused
    std::vector<bool> has_reader(parsed_.steps.size());
    for (auto const& dependencies : dependencies_) mark(has_reader, dependencies);
    mark(has_reader, read_by_outputs_);
    for (std::uint32_t i = 0; i < parsed_.steps.size(); ++i) {
      if (!has_reader[i]) report_unused(i);
    }
    input_is_read_.resize(input_count());
    for (std::size_t i = 0; i < input_count(); ++i) {
      if (input_is_read_[i]) continue;
      warn(parsed_.inputs[i].position, "input " + quoted(parsed_.inputs[i].name) + " is not used", "");
    }
  }

  static void mark(std::vector<bool>& marks, std::vector<std::uint32_t> const& indices) {
    for (auto index : indices) marks[index] = true;
  }

  void report_unused(std::uint32_t index) {
    auto const* callable = callable_of_step(index);
    if (callable == nullptr || callable->effects == Effects::writes) return;
    auto const& step = parsed_.steps[index];
    auto message = "step " + quoted(step.id) + " is not used";
    auto hint = "use `$" + step.id + "` in a step or in `outputs`, or remove it";
    if (callable->effects == Effects::none) return problem(step.position, message, hint);
    warn(step.position, message, hint);
  }

  void warn(Position position, std::string message, std::string hint) {
    add_problem(checked_.warnings, position, std::move(message), std::move(hint));
  }

  // The end

  Error report() {
    bool only_models = problems_.size() == missing_models_;
    auto most = problems_.size() >= kMostProblems;
    for (auto& warning : checked_.warnings) {
      problem(warning.position, "warning: " + warning.message, warning.hint);
    }
    auto error = to_error(std::move(problems_), parsed_.file);
    auto message =
        error.message() + (most ? "\n" + parsed_.file + ": and more; these were the first found" : "");
    return Error(only_models ? Code::not_found : error.code(), std::move(message));
  }

  // Steps and slots by the order they can run in.
  void put_in_order() {
    std::vector<std::uint32_t> slot_now(slots_.size());
    for (std::uint32_t i = 0; i < input_count(); ++i) slot_now[i] = i;
    for (std::size_t i = 0; i < order_.steps.size(); ++i) {
      slot_now[input_count() + order_.steps[i]] = static_cast<std::uint32_t>(input_count() + i);
    }
    auto renumber = [&](Reference& reference) {
      if (reference.slot < slot_now.size()) reference.slot = slot_now[reference.slot];
    };
    checked_.steps.reserve(order_.steps.size());
    for (auto index : order_.steps) {
      auto& step = parsed_.steps[index];
      visit_step_references(step, [&](Reference& reference, bool) { renumber(reference); });
      checked_.effects = std::max(checked_.effects, checked_.callables[callable_of_[index]].effects);
      checked_.steps.push_back({std::move(step), callable_of_[index], names_of(known(index).ports)});
    }
    for (auto& output : parsed_.outputs) visit_references(output.binding, renumber);
    checked_.outputs = std::move(parsed_.outputs);
    checked_.signature.inputs = std::move(parsed_.inputs);
  }

  Parsed parsed_;
  Callables const& catalog_;
  std::vector<Problem> problems_;
  Checked checked_;
  std::vector<std::string> names_;          // of the catalog, once they are needed
  std::vector<std::uint32_t> callable_of_;  // by step
  std::vector<Known> slots_;
  std::unordered_map<std::string_view, std::uint32_t> slot_of_;
  std::vector<std::vector<std::uint32_t>> dependencies_;
  std::vector<std::uint32_t> read_by_outputs_;
  std::vector<bool> input_is_read_;
  Order order_;
  std::size_t missing_models_ = 0;
  bool has_unknown_names_ = false;
};

}  // namespace

Result<Checked> check(Parsed parsed, Callables const& callables) {
  return Checker(std::move(parsed), callables).check();
}

Callable callable_of(Checked const& checked) {
  Callable callable;
  callable.kind = Callable::Kind::pipeline;
  callable.name = checked.name;
  callable.signature = checked.signature;
  callable.effects = checked.effects;
  return callable;
}

}  // namespace shoal::graph
