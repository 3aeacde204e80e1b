#include "graph/typing.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "graph/problems.h"

namespace shoal::graph {
namespace {

using value::Port;
using value::Type;
using value::Value;
using Kind = Type::Kind;
using Op = Expression::Op;

bool is_list(Type const& type) { return type.kind() == Kind::list || type.kind() == Kind::stream; }
bool is_numeric(Type const& type) { return type.kind() == Kind::integer || type.kind() == Kind::number; }
bool is_text(Type const& type) { return type.kind() == Kind::text; }
// Known only when the value arrives.
bool is_open(Type const& type) { return type.kind() == Kind::any || type.kind() == Kind::json; }
bool is_condition(Type const& type) { return type.kind() == Kind::boolean || is_open(type); }

bool has_size(Type const& type) {
  return is_open(type) || is_list(type) || is_text(type) || type.kind() == Kind::record ||
         type.kind() == Kind::file || type.kind() == Kind::video;
}

bool may_be_equal(Type const& a, Type const& b) {
  if (is_open(a) || is_open(b) || (is_numeric(a) && is_numeric(b))) return true;
  return value::assignable(a, b) || value::assignable(b, a);
}

bool can_be_ordered(Type const& a, Type const& b) {
  auto fits = [](Type const& type, auto is_kind) { return is_open(type) || is_kind(type); };
  return (fits(a, is_numeric) && fits(b, is_numeric)) || (fits(a, is_text) && fits(b, is_text));
}

bool can_contain(Type const& part, Type const& whole) {
  if (is_open(whole)) return true;
  if (is_text(whole)) return is_text(part) || is_open(part);
  return is_list(whole) && may_be_equal(part, whole.element());
}

std::string name_of(Op op) {
  switch (op) {
    case Op::equal: return "`==`";
    case Op::not_equal: return "`!=`";
    case Op::less: return "`<`";
    case Op::less_equal: return "`<=`";
    case Op::greater: return "`>`";
    case Op::greater_equal: return "`>=`";
    default: return "`in`";
  }
}

std::string name_of(Type const& type) { return "`" + type.to_string() + "`"; }

std::vector<std::string> names_of(std::vector<Type::Field> const& fields) {
  std::vector<std::string> names;
  for (auto const& field : fields) names.push_back(field.first);
  return names;
}

// A field that may be null can be typed as `any` only: conforms() decides when it arrives.
Type record_of(std::vector<Port> const& ports) {
  std::vector<Type::Field> fields;
  for (auto const& port : ports) fields.emplace_back(port.name, port.required ? port.type : Type());
  return Type::record(std::move(fields));
}

// The type of a list whose items have these types.
class CommonType {
 public:
  void add(Type const& type) {
    if (!common_) {
      common_ = type;
    } else if (value::assignable(*common_, type)) {
      common_ = type;
    } else if (!value::assignable(type, *common_)) {
      common_ = Type();
    }
  }
  Type list() const { return Type::list(common_.value_or(Type())); }

 private:
  std::optional<Type> common_;
};

}  // namespace

Type fault_type() {
  Type const text(Kind::text);
  return Type::record({{"code", text}, {"message", text}});
}

std::vector<std::string> names_of(std::vector<Port> const& ports) {
  std::vector<std::string> names;
  for (auto const& port : ports) names.push_back(port.name);
  return names;
}

Type errors_type() {
  Type const text(Kind::text);
  return Type::list(Type::record({{"item", Type(Kind::integer)}, {"code", text}, {"message", text}}));
}

Type type_of(Value const& literal) {
  switch (literal.kind()) {
    case Value::Kind::null: return Type();
    case Value::Kind::boolean: return Type(Kind::boolean);
    case Value::Kind::integer: return Type(Kind::integer);
    case Value::Kind::number: return Type(Kind::number);
    case Value::Kind::text: return Type(Kind::text);
    case Value::Kind::blob: return Type(Kind::file);
    case Value::Kind::list: {
      CommonType common;
      for (auto const& item : literal.as_list()) common.add(type_of(item));
      return common.list();
    }
    case Value::Kind::record: break;
  }
  std::vector<Type::Field> fields;
  for (auto const& [name, field] : literal.as_record()) fields.emplace_back(name, type_of(field));
  return Type::record(std::move(fields));
}

Type bounded(Type type) {
  constexpr std::size_t kMostParts = 500;
  constexpr int kDeepest = 16;
  struct Part {
    Type const* type;
    int depth;
  };
  std::vector<Part> pending{{&type, 0}};
  std::size_t seen = 0;
  while (!pending.empty()) {
    auto [part, depth] = pending.back();
    pending.pop_back();
    if (++seen + pending.size() > kMostParts || depth > kDeepest) return Type();
    if (is_list(*part)) pending.push_back({&part->element(), depth + 1});
    for (auto const& field : part->fields()) pending.push_back({&field.second, depth + 1});
  }
  return type;
}

void Typing::problem(Position position, std::string message, std::string hint) {
  add_problem(problems_, position, std::move(message), std::move(hint));
}

// References

Typed Typing::type_of(Reference& reference) {
  if (reference.slot == kUnresolved) return {};
  if (reference.slot == kTurn) return turn_ != nullptr ? type_of_step(reference, *turn_) : Typed();
  if (reads_slot(reference)) return type_of_slot(reference);
  auto typed = reference.slot == kFault ? Typed{fault_type(), {}} : item_;
  follow(reference, 0, typed);
  return typed;
}

Typed Typing::type_of_slot(Reference& reference) {
  CHECK(reference.slot < slots_.size());
  auto const& known = slots_[reference.slot];
  if (known.is_step) return type_of_step(reference, known);
  auto typed = known.input;
  follow(reference, 0, typed);
  return typed;
}

Typed Typing::type_of_step(Reference& reference, Known const& step) {
  if (!step.has_ports) return {};
  if (step.ports.empty() && !step.has_errors) {
    problem(reference.position, "step `" + step.name + "` has no outputs");
    return {};
  }
  auto& path = reference.path;
  if (step.has_errors && !path.empty() && path.front().field == kErrors) {
    Typed typed{errors_type(), step.absence};
    follow(reference, 1, typed);
    return typed;
  }
  bool one_port = step.ports.size() == 1;
  if (path.empty() && !one_port) return {record_of(step.ports), step.absence};
  if (one_port && (path.empty() || path.front().field != step.ports.front().name)) {
    path.insert(path.begin(), Segment{step.ports.front().name, -1});
  }
  auto const& name = path.front().field;
  auto port = std::find_if(step.ports.begin(), step.ports.end(),
                           [&](Port const& candidate) { return candidate.name == name; });
  if (port == step.ports.end()) {
    auto message = name.empty() ? "step `" + step.name + "` has several outputs and no items"
                                : "step `" + step.name + "` has no output `" + name + "`";
    problem(reference.position, message, propose_or_list(problems_, name, names_of(step.ports)));
    return {};
  }
  Typed typed{port->type, step.absence};
  if (!typed.absence && !port->required) {
    typed.absence = Absence{"output `" + port->name + "` of step `" + step.name + "` may be absent", ""};
  }
  follow(reference, 1, typed);
  return typed;
}

// Goes down the path from `first` on. What is behind something that may be null may be null.
void Typing::follow(Reference const& reference, std::size_t first, Typed& typed) {
  for (auto i = first; i < reference.path.size() && typed.type; ++i) {
    typed.type = follow(reference, reference.path[i], *typed.type);
  }
}

std::optional<Type> Typing::follow(Reference const& reference, Segment const& segment, Type const& type) {
  if (is_open(type)) return Type();
  if (segment.index >= 0) {
    if (is_list(type)) return type.element();
    problem(reference.position, "`" + to_string(reference) + "`: " + name_of(type) + " has no items");
    return std::nullopt;
  }
  if (auto const* field = type.field(segment.field)) return *field;
  auto message = "`" + to_string(reference) + "`: " + name_of(type) + " has no field `" + segment.field + "`";
  auto hint = is_list(type) ? "`[0]` is its first item; `each:` goes over all"
                            : propose_or_list(problems_, segment.field, names_of(type.fields()));
  problem(reference.position, std::move(message), std::move(hint));
  return std::nullopt;
}

// Bindings

Typed Typing::type_of(Binding& binding) {
  switch (binding.kind) {
    case Binding::Kind::literal:
      if (!binding.literal.is_null()) return {graph::type_of(binding.literal), {}};
      return {Type(), Absence{"it is null", "give it a value"}};
    case Binding::Kind::reference: return type_of(binding.reference);
    case Binding::Kind::text: type_template(binding); return {Type(Kind::text), {}};
    case Binding::Kind::list: {
      CommonType common;
      bool known = true;
      for (auto& part : binding.parts) {
        auto typed = type_of(part);
        known = known && typed.type;
        if (typed.type) common.add(*typed.type);
      }
      return {known ? std::optional(common.list()) : std::nullopt, {}};
    }
    case Binding::Kind::record: break;
  }
  std::vector<Type::Field> fields;
  for (std::size_t i = 0; i < binding.parts.size(); ++i) {
    auto typed = type_of(binding.parts[i]);
    bool certain = typed.type && !typed.absence;
    fields.emplace_back(binding.names[i], certain ? *typed.type : Type());
  }
  return {Type::record(std::move(fields)), {}};
}

std::optional<Type> Typing::type_again(Binding& binding) {
  auto before = problems_.size();
  auto typed = type_of(binding);
  problems_.resize(before);
  return typed.type;
}

void Typing::type_template(Binding& binding) {
  for (auto& part : binding.parts) {
    auto typed = type_of(part);
    if (!typed.type || is_open(*typed.type) || value::assignable(*typed.type, Type(Kind::json))) continue;
    problem(part.position, "a value of " + name_of(*typed.type) + " cannot stand in a template",
            "give it to an input of its own");
  }
}

void Typing::expect_type(Position position, Type const& given, Type const& wanted,
                         std::string const& subject) {
  if (!value::assignable(given, wanted))
    problem(position, subject + ": " + value::explain_mismatch(given, wanted));
}

std::optional<Absence> Typing::expect(Binding& binding, Type const& wanted, std::string const& subject) {
  if (binding.kind == Binding::Kind::list && is_list(wanted))
    return expect_list(binding, wanted, subject), std::nullopt;
  if (binding.kind == Binding::Kind::record && wanted.kind() == Kind::record) {
    return expect_record(binding, wanted, subject), std::nullopt;
  }
  if (binding.kind == Binding::Kind::literal && !binding.literal.is_null()) {
    auto conforming = value::conforms(binding.literal, wanted);
    if (!conforming) {
      auto text = binding.literal.as_text();
      bool meant_reference = is_name(text) && !is_text(wanted);
      problem(binding.position, subject + ": " + conforming.error().message(),
              meant_reference ? "`$" + text + "` would refer to a value" : "");
    }
    return std::nullopt;
  }
  auto typed = type_of(binding);
  if (typed.type) expect_type(binding.position, *typed.type, wanted, subject);
  return typed.absence;
}

// A list may have null for an item.
void Typing::expect_list(Binding& binding, Type const& wanted, std::string const& subject) {
  for (auto& part : binding.parts) expect(part, wanted.element(), subject);
}

void Typing::expect_record(Binding& binding, Type const& wanted, std::string const& subject) {
  for (std::size_t i = 0; i < binding.parts.size(); ++i) {
    auto& part = binding.parts[i];
    auto const* field = wanted.field(binding.names[i]);
    if (field == nullptr) {
      type_of(part);
      continue;
    }
    auto absence = expect(part, *field, subject + ", field `" + binding.names[i] + "`");
    if (absence && !is_open(*field)) {
      problem(part.position,
              subject + ", field `" + binding.names[i] + "`: it may be null: " + absence->reason,
              absence->remedy);
    }
  }
  for (auto const& [name, type] : wanted.fields()) {
    if (std::find(binding.names.begin(), binding.names.end(), name) != binding.names.end()) continue;
    problem(binding.position, subject + ": field `" + name + "` (" + type.to_string() + ") is missing",
            propose(problems_, name, binding.names));
  }
}

// Expressions

Typed Typing::type_of(Expression& expression) {
  std::vector<Typed> stack;
  for (auto const& instruction : expression.code) {
    if (instruction.op == Op::literal) {
      stack.push_back({graph::type_of(expression.literals[instruction.argument]), {}});
    } else if (instruction.op == Op::reference) {
      stack.push_back(type_of(expression.references[instruction.argument]));
    } else {
      apply(instruction, stack);
    }
  }
  CHECK(stack.size() == 1);
  return std::move(stack.back());
}

void Typing::apply(Expression::Instruction const& instruction, std::vector<Typed>& stack) {
  auto [op, argument, position] = instruction;
  auto pop = [&] {
    CHECK(!stack.empty());
    auto top = std::move(stack.back().type);
    stack.pop_back();
    return top;
  };
  auto right = pop();
  if (op == Op::size) {
    if (right && !has_size(*right))
      problem(position, "size() of " + name_of(*right) + " is not known",
              "it counts items, fields, characters or bytes");
    stack.push_back({Type(Kind::integer), {}});
    return;
  }
  if (op == Op::jump_if_false || op == Op::jump_if_true || op == Op::boolean || op == Op::invert) {
    if (right && !is_condition(*right))
      problem(position, "`and`, `or` and `not` take true or false, not " + name_of(*right),
              "compare it with something");
    bool drops = op == Op::jump_if_false || op == Op::jump_if_true;
    if (!drops) stack.push_back({Type(Kind::boolean), {}});
    return;
  }
  auto left = pop();
  if (left && right) {
    auto both = name_of(*left) + " and " + name_of(*right);
    if (op == Op::equal || op == Op::not_equal) {
      if (!may_be_equal(*left, *right))
        problem(position, name_of(op) + " compares " + both + ", which are never equal");
    } else if (op == Op::in) {
      if (!can_contain(*left, *right)) {
        problem(position, name_of(*left) + " cannot be `in` " + name_of(*right),
                "`in` finds an item in a list or a text in a text");
      }
    } else if (!can_be_ordered(*left, *right)) {
      problem(position, name_of(op) + " compares two numbers or two texts, not " + both);
    }
  }
  stack.push_back({Type(Kind::boolean), {}});
}

void Typing::expect_condition(Expression& expression, std::string_view key) {
  auto typed = type_of(expression);
  if (!typed.type || is_condition(*typed.type)) return;
  problem(expression.position,
          "`" + std::string(key) + "` must be true or false, not " + name_of(*typed.type),
          "compare it with something");
}

}  // namespace shoal::graph
