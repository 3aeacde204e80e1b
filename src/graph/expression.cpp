#include "graph/expression.h"

#include <charconv>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/text.h"

namespace shoal::graph {
namespace {

using value::Value;
using Op = Expression::Op;

bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool continues_name(char c) { return starts_name(c) || is_digit(c) || c == '-'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::size_t count_code_points(std::string_view text) {
  std::size_t count = 0;
  for (unsigned char byte : text) count += (byte & 0xc0) != 0x80;
  return count;
}

// Reads `[12]` from `offset` on, or nothing.
std::optional<std::int64_t> scan_index(std::string_view text, std::size_t& offset) {
  if (text[offset] != '[' || !is_digit(text[offset + 1])) return std::nullopt;
  auto const* last = text.data() + text.size();
  std::int64_t index = 0;
  auto [end, error] = std::from_chars(text.data() + offset + 1, last, index);
  if (error != std::errc() || end == last || *end != ']') return std::nullopt;
  offset = static_cast<std::size_t>(end - text.data()) + 1;
  return index;
}

// Recursive descent over one text; recursion is bounded by kMaxDepth. The first problem ends it.
class Parser {
 public:
  Parser(std::string_view text, Place const& place, std::vector<Problem>& problems)
      : text_(text), place_(place), problems_(problems) {}

  std::optional<Expression> parse() {
    expression_.position = place_.position;
    parse_disjunction();
    if (!failed_ && !at_end()) fail_at_rest();
    if (failed_) return std::nullopt;
    return std::move(expression_);
  }

 private:
  void fail(std::size_t offset, std::string message, std::string hint = {}) {
    if (!failed_) problems_.push_back({place_.at(text_, offset), std::move(message), std::move(hint)});
    failed_ = true;
  }

  void fail_at_rest() {
    auto rest = text_.substr(offset_);
    if (rest.starts_with("&&")) return fail(offset_, "`&&` is no operator", "write `and`");
    if (rest.starts_with("||")) return fail(offset_, "`||` is no operator", "write `or`");
    if (rest.starts_with("=")) return fail(offset_, "`=` is no operator", "write `==`");
    for (auto const& [symbol, op] : kComparisons) {
      if (!rest.starts_with(symbol)) continue;
      return fail(offset_, "comparisons cannot be chained", "write `a < b and b < c`");
    }
    fail(offset_, "`" + shown(offset_) + "` is not expected here", "`and`, `or` or a comparison may follow");
  }

  std::string shown(std::size_t offset) const {
    auto end = offset;
    if (continues_name(text_[offset])) {
      while (end < text_.size() && continues_name(text_[end]) && end - offset < 40) ++end;
    } else {
      next_code_point(text_, end);
    }
    return printable(text_.substr(offset, end - offset));
  }

  void skip_space() {
    while (offset_ < text_.size() && is_space(text_[offset_])) ++offset_;
  }

  bool at_end() {
    skip_space();
    return offset_ == text_.size();
  }

  bool take(std::string_view symbol) {
    if (at_end() || !text_.substr(offset_).starts_with(symbol)) return false;
    offset_ += symbol.size();
    return true;
  }

  bool take_word(std::string_view word) {
    if (at_end() || !text_.substr(offset_).starts_with(word)) return false;
    auto end = offset_ + word.size();
    if (end < text_.size() && continues_name(text_[end])) return false;
    offset_ = end;
    return true;
  }

  std::size_t emit(Op op, std::size_t offset, std::size_t argument = 0) {
    expression_.code.push_back({op, static_cast<std::uint32_t>(argument), place_.at(text_, offset)});
    return expression_.code.size() - 1;
  }

  void push_literal(Value value, std::size_t offset) {
    emit(Op::literal, offset, expression_.literals.size());
    expression_.literals.push_back(std::move(value));
  }

  // `left word right word right …` of `and` or `or`.
  void parse_chain(std::string_view word, Op jump, void (Parser::*parse_side)()) {
    (this->*parse_side)();
    while (!failed_ && take_word(word)) {
      auto at = offset_ - word.size();
      auto instruction = emit(jump, at);
      (this->*parse_side)();
      emit(Op::boolean, at);
      expression_.code[instruction].argument = static_cast<std::uint32_t>(expression_.code.size());
    }
  }
  void parse_disjunction() { parse_chain("or", Op::jump_if_true, &Parser::parse_conjunction); }
  void parse_conjunction() { parse_chain("and", Op::jump_if_false, &Parser::parse_negation); }

  void parse_negation() {
    if (!take_word("not")) return parse_comparison();
    auto at = offset_ - 3;
    nested(&Parser::parse_negation);
    emit(Op::invert, at);
  }

  void parse_comparison() {
    parse_operand();
    if (failed_ || at_end()) return;
    auto at = offset_;
    if (take_word("in")) {
      parse_operand();
      emit(Op::in, at);
      return;
    }
    for (auto const& [symbol, op] : kComparisons) {
      if (!take(symbol)) continue;
      parse_operand();
      emit(op, at);
      return;
    }
  }

  void parse_operand() {
    if (failed_) return;
    skip_space();
    auto at = offset_;
    if (take("(")) {
      nested(&Parser::parse_disjunction);
      return expect(")");
    }
    if (take("$")) return parse_reference_at(at);
    if (take("[")) return parse_list(at);
    if (take_word("size")) {
      expect("(");
      nested(&Parser::parse_disjunction);
      expect(")");
      emit(Op::size, at);
      return;
    }
    if (auto literal = parse_literal()) push_literal(std::move(*literal), at);
  }

  void expect(std::string_view symbol) {
    if (!failed_ && !take(symbol)) fail(offset_, "`" + std::string(symbol) + "` is missing");
  }

  void parse_reference_at(std::size_t at) {
    auto reference = scan_reference(text_, offset_);
    if (!reference)
      return fail(at, "a name must follow `$`", "names have letters, digits, `_` and `-`, a letter first");
    reference->position = place_.at(text_, at);
    emit(Op::reference, at, expression_.references.size());
    expression_.references.push_back(std::move(*reference));
  }

  void parse_list(std::size_t at) {
    Value::List items;
    while (!take("]")) {
      if (at_end()) fail(offset_, "`]` is missing");
      if (!items.empty()) expect(",");
      auto item = failed_ ? std::nullopt : parse_literal();
      if (!item) return;
      items.push_back(std::move(*item));
    }
    push_literal(Value(std::move(items)), at);
  }

  std::optional<Value> parse_literal() {
    if (at_end()) return fail(offset_, "the expression ends too early", "a value must follow"), std::nullopt;
    if (take_word("true")) return Value(true);
    if (take_word("false")) return Value(false);
    if (take_word("null")) return Value();
    char first = text_[offset_];
    if (first == '"' || first == '\'') return parse_text();
    if (first == '-' || is_digit(first)) return parse_number();
    auto name = shown(offset_);
    if (starts_name(first)) {
      fail(offset_, "`" + name + "` is no value",
           "`$" + name + "` refers to a value, \"" + name + "\" is a text");
    } else if (first == '!') {
      fail(offset_, "`!` is no operator", "write `not`");
    } else {
      fail(offset_, "a value is expected here, not `" + name + "`");
    }
    return std::nullopt;
  }

  // Between " or ': the same quote and the backslash are escaped by a backslash, \n is a line feed.
  std::optional<Value> parse_text() {
    auto at = offset_;
    char quote = text_[offset_++];
    std::string result;
    while (offset_ < text_.size() && text_[offset_] != quote) {
      char c = text_[offset_++];
      if (c == '\\' && offset_ < text_.size()) {
        c = text_[offset_++];
        if (c == 'n') c = '\n';
      }
      result += c;
    }
    if (offset_ == text_.size()) return fail(at, "this text is not closed"), std::nullopt;
    ++offset_;
    return Value(std::move(result));
  }

  std::optional<Value> parse_number() {
    auto at = offset_;
    auto end = offset_ + 1;
    auto continues = [&](char c) {
      return is_digit(c) || c == '.' || c == 'e' || c == 'E' ||
             ((c == '-' || c == '+') && (text_[end - 1] | 32) == 'e');
    };
    while (end < text_.size() && continues(text_[end])) ++end;
    auto const* first = text_.data() + at;
    auto const* last = text_.data() + end;
    offset_ = end;
    std::int64_t integer = 0;
    auto whole = std::from_chars(first, last, integer);
    if (whole.ec == std::errc() && whole.ptr == last) return Value(integer);
    double number = 0;
    auto fraction = std::from_chars(first, last, number);
    if (fraction.ec == std::errc() && fraction.ptr == last) return Value(number);
    fail(at, "`" + printable(text_.substr(at, std::min<std::size_t>(end - at, 40))) +
                 "` is not a number that fits");
    return std::nullopt;
  }

  void nested(void (Parser::*parse_part)()) {
    if (failed_) return;
    if (++depth_ > kMaxDepth) {
      fail(offset_, "the expression is nested deeper than " + std::to_string(kMaxDepth),
           "compute parts of it in steps");
    } else {
      (this->*parse_part)();
    }
    --depth_;
  }

  static constexpr std::pair<std::string_view, Op> kComparisons[] = {
      {"==", Op::equal},         {"!=", Op::not_equal}, {"<=", Op::less_equal},
      {">=", Op::greater_equal}, {"<", Op::less},       {">", Op::greater}};

  std::string_view text_;
  Place place_;
  std::vector<Problem>& problems_;
  Expression expression_;
  std::size_t offset_ = 0;
  std::size_t depth_ = 0;
  bool failed_ = false;
};

Error cannot(std::string what) { return Error(Code::invalid_argument, std::move(what)); }

bool are_equal(Value const& a, Value const& b) {
  if (a.is_number() && b.is_number() && a.kind() != b.kind()) return a.as_number() == b.as_number();
  return a == b;
}

std::string_view symbol(Op op) {
  switch (op) {
    case Op::less: return "<";
    case Op::less_equal: return "<=";
    case Op::greater: return ">";
    case Op::greater_equal: return ">=";
    default: return "in";
  }
}

template <typename T> bool in_order(Op op, T const& a, T const& b) {
  switch (op) {
    case Op::less: return a < b;
    case Op::less_equal: return a <= b;
    case Op::greater: return a > b;
    default: return a >= b;
  }
}

Result<bool> compare(Op op, Value const& a, Value const& b) {
  if (a.is_null() || b.is_null()) return false;
  if (a.is_integer() && b.is_integer()) return in_order(op, a.as_integer(), b.as_integer());
  if (a.is_number() && b.is_number()) return in_order(op, a.as_number(), b.as_number());
  if (a.is_text() && b.is_text()) return in_order(op, a.as_text(), b.as_text());
  return cannot("`" + std::string(symbol(op)) + "` compares two numbers or two texts, not " +
                std::string(a.kind_name()) + " and " + std::string(b.kind_name()));
}

Result<bool> contains(Value const& whole, Value const& part) {
  if (whole.is_null()) return false;
  if (whole.is_list()) {
    for (auto const& item : whole.as_list()) {
      if (are_equal(item, part)) return true;
    }
    return false;
  }
  if (whole.is_text() && part.is_text()) return whole.as_text().find(part.as_text()) != std::string::npos;
  return cannot("`in` finds an item in a list or a text in a text, not " + std::string(part.kind_name()) +
                " in " + std::string(whole.kind_name()));
}

Result<Value> count(Value const& value) {
  switch (value.kind()) {
    case Value::Kind::null: return Value(0);
    case Value::Kind::text: return Value(count_code_points(value.as_text()));
    case Value::Kind::list: return Value(value.as_list().size());
    case Value::Kind::record: return Value(value.as_record().size());
    case Value::Kind::blob: return Value(value.as_blob()->size());
    default: return cannot("size() of " + std::string(value.kind_name()) + " is not known");
  }
}

Result<bool> truth(Value const& value) {
  if (value.is_boolean() || value.is_null()) return value.as_boolean(false);
  return cannot("`and`, `or`, `not` and `when` take true or false, not " + std::string(value.kind_name()));
}

Result<Value> apply(Op op, Value const& a, Value const& b) {
  switch (op) {
    case Op::equal: return Value(are_equal(a, b));
    case Op::not_equal: return Value(!are_equal(a, b));
    case Op::in: return Value(TRY(contains(b, a)));
    default: return Value(TRY(compare(op, a, b)));
  }
}

Error within_path(Reference const& reference, std::string what) {
  return cannot("`" + to_string(reference) + "`: " + std::move(what));
}

}  // namespace

Position Place::at(std::string_view text, std::size_t offset) const {
  if (offset == 0 || offset > exact) return position;
  auto before = static_cast<int>(count_code_points(text.substr(0, offset)));
  return {position.line, position.column + before};
}

std::string to_string(Reference const& reference) {
  std::string text = "$" + reference.name;
  for (auto const& segment : reference.path) {
    text += segment.index < 0 ? "." + segment.field : "[" + std::to_string(segment.index) + "]";
  }
  return text;
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > kMaxNameBytes || !starts_name(text.front())) return false;
  for (char c : text) {
    if (!continues_name(c)) return false;
  }
  return true;
}

std::optional<Reference> scan_reference(std::string_view text, std::size_t& offset) {
  auto scan_name = [&] {
    auto start = offset;
    if (offset < text.size() && starts_name(text[offset])) {
      while (offset < text.size() && continues_name(text[offset])) ++offset;
    }
    return text.substr(start, offset - start);
  };
  auto name = scan_name();
  if (name.empty() || name.size() > kMaxNameBytes) return std::nullopt;
  Reference reference{std::string(name), {}, {}, kUnresolved};
  while (offset + 1 < text.size()) {
    Segment segment;
    if (text[offset] == '.' && starts_name(text[offset + 1])) {
      ++offset;
      segment.field = scan_name();
    } else if (auto index = scan_index(text, offset)) {
      segment.index = *index;
    } else {
      break;
    }
    reference.path.push_back(std::move(segment));
    if (reference.path.size() > kMaxDepth || reference.path.back().field.size() > kMaxNameBytes)
      return std::nullopt;
  }
  return reference;
}

std::optional<Reference> parse_reference(std::string_view text, Place const& place) {
  std::size_t offset = 1;
  if (!text.starts_with('$')) return std::nullopt;
  auto reference = scan_reference(text, offset);
  if (!reference || offset != text.size()) return std::nullopt;
  reference->position = place.position;
  return reference;
}

std::optional<Expression> parse_expression(std::string_view text, Place const& place,
                                           std::vector<Problem>& problems) {
  return Parser(text, place, problems).parse();
}

namespace {

Value const* place_of(Reference const& reference, Environment const& environment) {
  if (reference.slot == kItem) return environment.item;
  if (reference.slot == kTurn) return environment.turn;
  if (reference.slot == kFault) return environment.fault;
  CHECK(reference.slot < environment.slots.size());
  return &environment.slots[reference.slot];
}

}  // namespace

Result<Value> evaluate(Reference const& reference, Environment const& environment) {
  auto const* value = place_of(reference, environment);
  CHECK(value != nullptr);
  for (auto const& segment : reference.path) {
    if (value->is_null()) return Value();
    if (segment.index < 0) {
      if (!value->is_record()) {
        return within_path(reference,
                           std::string(value->kind_name()) + " has no field `" + segment.field + "`");
      }
      value = &(*value)[segment.field];
      continue;
    }
    if (!value->is_list()) return within_path(reference, std::string(value->kind_name()) + " has no items");
    auto const& items = value->as_list();
    if (static_cast<std::uint64_t>(segment.index) >= items.size()) {
      return within_path(reference,
                         "the list has " + std::to_string(items.size()) + " items, counted from 0");
    }
    value = &items[static_cast<std::size_t>(segment.index)];
  }
  return *value;
}

Result<Value> evaluate(Expression const& expression, Environment const& environment) {
  std::vector<Value> stack;
  stack.reserve(8);
  auto pop = [&] {
    CHECK(!stack.empty());
    auto top = std::move(stack.back());
    stack.pop_back();
    return top;
  };
  for (std::size_t next = 0; next < expression.code.size(); ++next) {
    auto const& [op, argument, position] = expression.code[next];
    switch (op) {
      case Op::literal: stack.push_back(expression.literals[argument]); break;
      case Op::reference: stack.push_back(TRY(evaluate(expression.references[argument], environment))); break;
      case Op::size: stack.push_back(TRY(count(pop()))); break;
      case Op::invert: stack.push_back(Value(!TRY(truth(pop())))); break;
      case Op::boolean: stack.push_back(Value(TRY(truth(pop())))); break;
      case Op::jump_if_false:
      case Op::jump_if_true: {
        bool left = TRY(truth(pop()));
        if (left != (op == Op::jump_if_true)) break;
        stack.push_back(Value(left));
        next = argument - 1;
        break;
      }
      default: {
        auto right = pop();
        auto left = pop();
        stack.push_back(TRY(apply(op, left, right)));
      }
    }
  }
  return pop();
}

Result<bool> holds(Expression const& expression, Environment const& environment) {
  return truth(TRY(evaluate(expression, environment)));
}

}  // namespace shoal::graph
