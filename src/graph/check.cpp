#include "graph/check.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "graph/order.h"
#include "graph/problems.h"
#include "graph/references.h"
#include "graph/step_check.h"
#include "graph/typing.h"

namespace shoal::graph {
namespace {

using value::Port;
using value::Type;

constexpr std::uint32_t kNoCallable = 0xffffffff;
constexpr std::size_t kShownOfCircle = 12;

// One check of one document, in the order of check(): slots are counted by the document until the end.
class Checker {
 public:
  Checker(Parsed parsed, Callables const& catalog)
      : parsed_(std::move(parsed)),
        catalog_(catalog),
        problems_(std::move(parsed_.problems)),
        names_(catalog) {
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
  Callable const* callable_of_step(std::uint32_t step) const { return callable_at(callable_of_[step]); }
  Callable const* callable_at(std::uint32_t index) const {
    return index == kNoCallable ? nullptr : &checked_.callables[index];
  }

  void problem(Position position, std::string message, std::string hint = {}) {
    add_problem(problems_, position, std::move(message), std::move(hint));
  }

  // What the steps use

  using Found = std::unordered_map<std::string_view, std::uint32_t>;

  void find_callables() {
    Found found;
    callable_of_.reserve(parsed_.steps.size());
    for (std::uint32_t i = 0; i < parsed_.steps.size(); ++i) {
      auto const& step = parsed_.steps[i];
      callable_of_.push_back(find_callable(step, found));
      if (step.stand_in) stand_in_of_[i].callable = find_callable(*step.stand_in, found);
    }
  }

  std::uint32_t find_callable(ParsedUse const& call, Found& found) {
    auto [entry, is_new] = found.try_emplace(call.use, kNoCallable);
    if (is_new && !call.use.empty()) {
      if (auto callable = catalog_.find(call.use)) {
        entry->second = static_cast<std::uint32_t>(checked_.callables.size());
        checked_.callables.push_back(std::move(*callable));
        check_model(call, checked_.callables.back());
      }
    }
    if (entry->second == kNoCallable && !call.use.empty()) report_unknown_use(call);
    return entry->second;
  }

  void report_unknown_use(ParsedUse const& call) {
    auto hint = problems_.size() < kMostProposals ? did_you_mean(call.use, names_.list()) : std::string();
    problem(call.use_position, "nothing is called " + quoted(call.use),
            hint.empty() ? "`use` names an operation, a function, a task or a pipeline" : hint);
  }

  void check_model(ParsedUse const& call, Callable const& callable) {
    if (!callable.missing_model) return;
    ++missing_models_;
    problem(call.use_position, quoted(call.use) + " needs a model that is not in the store",
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
      visit_step_references(step, [&](Reference& reference, Sight sight) {
        if (auto own = own_slot(step, reference, sight)) {
          reference.slot = *own;
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

  // What only this step knows.
  std::optional<std::uint32_t> own_slot(ParsedStep const& step, Reference const& reference, Sight sight) {
    bool knows_item = (sight == Sight::item || sight == Sight::fault) && step.each;
    if (knows_item && reference.name == step.item) return kItem;
    if (sight == Sight::turn && reference.name == step.id) return kTurn;
    if (sight != Sight::fault || reference.name != kError) return std::nullopt;
    if (slot_of_.count(kError) != 0) {
      problem(reference.position, "`$error` is what went wrong here, and a step or an input has that name",
              "rename it");
    }
    return kFault;
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
    auto const stand_in = stand_in_of_.find(index);
    StepCallables callables;
    callables.callable = callable_of_step(index);
    if (stand_in != stand_in_of_.end()) callables.stand_in = callable_at(stand_in->second.callable);
    StepSurroundings const around{slots_, catalog_, names_, problems_, checked_.warnings};
    auto ports = check_types(parsed_.steps[index], callables, known(index), around);
    if (stand_in != stand_in_of_.end()) stand_in->second.ports = std::move(ports);
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
      visit_step_references(step, [&](Reference& reference, Sight) { renumber(reference); });
      auto& checked = checked_.steps.emplace_back();
      checked.step = std::move(step);
      checked.callable = callable_of_[index];
      checked.ports = std::move(known(index).ports);
      for (auto& port : checked.ports) port.required = port.required && !known(index).absence;
      note_effects(checked.callable);
      if (!checked.step.stand_in) continue;
      auto& stand_in = stand_in_of_.at(index);
      checked.stand_in = stand_in.callable;
      checked.stand_in_ports = std::move(stand_in.ports);
      note_effects(stand_in.callable);
    }
    for (auto& output : parsed_.outputs) visit_references(output.binding, renumber);
    checked_.outputs = std::move(parsed_.outputs);
    checked_.signature.inputs = std::move(parsed_.inputs);
  }

  void note_effects(std::uint32_t callable) {
    checked_.effects = std::max(checked_.effects, checked_.callables[callable].effects);
  }

  struct StandIn {
    std::uint32_t callable = kNoCallable;
    std::vector<std::string> ports;  // in the places of the step's
  };

  Parsed parsed_;
  Callables const& catalog_;
  std::vector<Problem> problems_;
  Checked checked_;
  CatalogNames names_;
  std::vector<std::uint32_t> callable_of_;                  // by step
  std::unordered_map<std::uint32_t, StandIn> stand_in_of_;  // by step, of those that have one
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
