// The types of references, bindings and expressions, as far as they are known before the run, and
// whether a value may be null. Used by check.cpp; the rules stand in docs/pipelines.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"
#include "graph/binding.h"
#include "graph/expression.h"
#include "value/signature.h"
#include "value/type.h"

namespace shoal::graph {

// Why something may be null, and what would mend it.
struct Absence {
  std::string reason;
  std::string remedy;
};

struct Typed {
  std::optional<value::Type> type;  // nothing: not known, because of a problem that is reported already
  std::optional<Absence> absence;   // nothing: it is never null
};

std::vector<std::string> names_of(std::vector<value::Port> const& ports);

// Which items of a step with `each` and `on_error: skip` failed, as `$step.errors`, unless the callable has
// an output of that name: list<{item: integer, code: text, message: text}>, items counted from 0.
inline constexpr std::string_view kErrors = "errors";
value::Type errors_type();
// Why a step failed, as `$error` in its `on_error`: {code: text, message: text}.
inline constexpr std::string_view kError = "error";
value::Type fault_type();

// What is known about a slot: an input of the pipeline, or a step with its outputs.
struct Known {
  bool is_step = false;
  std::string name;
  bool has_ports = false;          // the ports of the step are known
  std::vector<value::Port> ports;  // as others see them (a list with `each`); not `required`: may be null
  bool has_errors = false;         // `$step.errors` says which items failed
  std::optional<Absence> absence;  // the step may be skipped; the input may be left out
  Typed input;
};

// Finds types and adds what is wrong to `problems`. One for each step; what it refers to outlives it.
class Typing {
 public:
  Typing(std::vector<Known> const& slots, std::vector<Problem>& problems)
      : slots_(slots), problems_(problems) {}

  void set_item(Typed item) { item_ = std::move(item); }
  // What a loop knows of its own step. It outlives this.
  void set_turn(Known const& turn) { turn_ = &turn; }

  // Also puts the port in front of the path where a step with one output port is named alone.
  Typed type_of(Reference& reference);
  Typed type_of(Binding& binding);
  Typed type_of(Expression& expression);
  // Of what expect() saw before: without reporting its problems again.
  std::optional<value::Type> type_again(Binding& binding);

  // Whether `binding` can be given where `wanted` is needed; `subject` begins the messages. Null is
  // left to the caller: the result says whether the whole may be null.
  std::optional<Absence> expect(Binding& binding, value::Type const& wanted, std::string const& subject);
  // `key` is `when` or `while`: a boolean.
  void expect_condition(Expression& expression, std::string_view key);

 private:
  Typed type_of_slot(Reference& reference);
  Typed type_of_step(Reference& reference, Known const& step);
  void follow(Reference const& reference, std::size_t first, Typed& typed);
  std::optional<value::Type> follow(Reference const& reference, Segment const& segment,
                                    value::Type const& type);
  void expect_type(Position position, value::Type const& given, value::Type const& wanted,
                   std::string const& subject);
  void expect_list(Binding& binding, value::Type const& wanted, std::string const& subject);
  void expect_record(Binding& binding, value::Type const& wanted, std::string const& subject);
  void type_template(Binding& binding);
  void apply(Expression::Instruction const& instruction, std::vector<Typed>& stack);
  void problem(Position position, std::string message, std::string hint = {});

  std::vector<Known> const& slots_;
  std::vector<Problem>& problems_;
  Typed item_;
  Known const* turn_ = nullptr;
};

// The type that a literal has by itself.
value::Type type_of(value::Value const& literal);

// The same type, or `any` for one that is huge written out. Types share their parts: a chain of steps
// that each put two copies of what they get into a record would double it with every step.
value::Type bounded(value::Type type);

}  // namespace shoal::graph
