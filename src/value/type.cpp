#include "value/type.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "value/records.h"

namespace shoal::value {

struct Type::Parts {
  std::vector<Type> element;  // one, of a list or stream
  std::vector<Field> fields;  // of a record
  std::string name;           // of a named record; the dtype of a tensor
  std::vector<std::string> dimensions;
};

namespace {

using Kind = Type::Kind;

struct Scalar {
  std::string_view name;
  Kind kind;
};

constexpr std::array kScalars = {
    Scalar{"any", Kind::any},       Scalar{"text", Kind::text},       Scalar{"integer", Kind::integer},
    Scalar{"number", Kind::number}, Scalar{"boolean", Kind::boolean}, Scalar{"json", Kind::json},
    Scalar{"file", Kind::file},     Scalar{"image", Kind::image},     Scalar{"audio", Kind::audio},
    Scalar{"video", Kind::video},
};

constexpr std::array<std::string_view, 9> kElementTypes = {"f16", "f32", "f64", "i8",  "i16",
                                                           "i32", "i64", "u8",  "bool"};

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9') || c == '-'; }

// Recursive descent over
//   type   = name | ("list" | "stream") "<" type ">" | "tensor" "<" name ",[" size {"," size} "]>" | record
//   record = "{" [name ":" type {"," name ":" type} [","]] "}"
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Type> parse() {
    if (text_.size() > kMaxLength) {
      return Error(Code::invalid_argument, "a type may have " + std::to_string(kMaxLength) +
                                               " characters, not " + std::to_string(text_.size()));
    }
    auto type = TRY(parse_type(0));
    skip_space();
    if (at_ < text_.size()) return unexpected("the end");
    return type;
  }

 private:
  static constexpr std::size_t kMaxLength = 16 * 1024;
  static constexpr int kMaxDepth = 32;

  Result<Type> parse_type(int depth) {
    if (depth > kMaxDepth) return fail("types may be nested " + std::to_string(kMaxDepth) + " deep");
    if (take('{')) return parse_record(depth);
    auto name = parse_name();
    if (name.empty()) return unexpected("a type");
    if (name == "list") return Type::list(TRY(parse_argument(name, depth)));
    if (name == "stream") return Type::stream(TRY(parse_argument(name, depth)));
    if (name == "tensor") return parse_tensor();
    for (auto const& scalar : kScalars) {
      if (scalar.name == name) return Type(scalar.kind);
    }
    if (auto named = find_named_type(name)) return *named;
    return unknown(name);
  }

  Result<Type> parse_argument(std::string_view name, int depth) {
    if (!take('<'))
      return fail("`" + std::string(name) + "` needs the type of its items: " + std::string(name) + "<text>");
    auto type = TRY(parse_type(depth + 1));
    if (!take('>')) return unexpected("`>`");
    return type;
  }

  Result<Type> parse_record(int depth) {
    std::vector<Type::Field> fields;
    while (!take('}')) {
      auto name = parse_name();
      if (name.empty()) return unexpected("the name of a field");
      for (auto const& field : fields) {
        if (field.first == name) return fail("the record has two fields named `" + std::string(name) + "`");
      }
      if (!take(':')) return unexpected("`:` and the type of `" + std::string(name) + "`");
      fields.emplace_back(name, TRY(parse_type(depth + 1)));
      if (!take(',') && !next_is('}')) return unexpected("`,` or `}`");
    }
    return Type::record(std::move(fields));
  }

  Result<Type> parse_tensor() {
    if (!take('<')) return fail("`tensor` needs the type and the sizes: tensor<f32,[n,384]>");
    auto dtype = parse_name();
    if (std::find(kElementTypes.begin(), kElementTypes.end(), dtype) == kElementTypes.end()) {
      return fail("`" + std::string(dtype) +
                  "` is no type of tensor items: f16, f32, f64, i8, i16, i32, i64, u8, bool");
    }
    if (!take(',') || !take('[')) return unexpected("`,[` and the sizes");
    std::vector<std::string> dimensions;
    while (!take(']')) {
      auto size = parse_size();
      if (size.empty()) return unexpected("a size or its name");
      dimensions.emplace_back(size);
      if (!take(',') && !next_is(']')) return unexpected("`,` or `]`");
    }
    if (!take('>')) return unexpected("`>`");
    return Type::tensor(std::string(dtype), std::move(dimensions));
  }

  std::string_view parse_name() {
    skip_space();
    auto start = at_;
    if (at_ < text_.size() && is_name_start(text_[at_])) {
      while (at_ < text_.size() && is_name_part(text_[at_])) ++at_;
    }
    return text_.substr(start, at_ - start);
  }

  std::string_view parse_size() {
    if (auto name = parse_name(); !name.empty()) return name;
    auto start = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return text_.substr(start, at_ - start);
  }

  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  bool next_is(char c) {
    skip_space();
    return at_ < text_.size() && text_[at_] == c;
  }

  bool take(char c) {
    if (!next_is(c)) return false;
    ++at_;
    return true;
  }

  Error fail(std::string const& what) const {
    return Error(Code::invalid_argument, "type `" + printable(text_.substr(0, 200)) + "`: " + what);
  }

  Error unexpected(std::string const& wanted) {
    skip_space();
    auto rest = text_.substr(at_, 20);
    return fail("expected " + wanted +
                (rest.empty() ? ", but it ends" : " before `" + printable(rest) + "`"));
  }

  Error unknown(std::string_view name) const {
    std::vector<std::string> known = named_types();
    for (auto const& scalar : kScalars) known.emplace_back(scalar.name);
    for (auto generic : {"list", "stream", "tensor"}) known.emplace_back(generic);
    auto message = "there is no type `" + std::string(name) + "`";
    auto proposal = did_you_mean(name, known);
    if (!proposal.empty()) {
      message += "; " + proposal;
    } else if (name == "string") {
      message += "; did you mean `text`?";
    }
    return Error(Code::invalid_argument, std::move(message));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void write_record(Type const& type, std::string& out) {
  out += '{';
  bool first = true;
  for (auto const& [name, field] : type.fields()) {
    if (!first) out += ", ";
    first = false;
    out += name + ": " + field.to_string();
  }
  out += '}';
}

// Whether values of the type are data without blobs. `any` may be: it is seen when it arrives.
bool is_plain(Type const& type) {
  switch (type.kind()) {
    case Kind::file:
    case Kind::image:
    case Kind::audio:
    case Kind::video:
    case Kind::tensor: return false;
    case Kind::list:
    case Kind::stream: return is_plain(type.element());
    case Kind::record:
      return std::all_of(type.fields().begin(), type.fields().end(),
                         [](auto const& field) { return is_plain(field.second); });
    default: return true;
  }
}

bool is_sequence(Kind kind) { return kind == Kind::list || kind == Kind::stream; }

bool is_number_text(std::string const& text) { return !text.empty() && text[0] >= '0' && text[0] <= '9'; }

bool tensor_assignable(Type const& from, Type const& to) {
  if (from.dtype() != to.dtype() || from.dimensions().size() != to.dimensions().size()) return false;
  for (std::size_t i = 0; i < to.dimensions().size(); ++i) {
    if (is_number_text(to.dimensions()[i]) && to.dimensions()[i] != from.dimensions()[i]) return false;
  }
  return true;
}

bool record_assignable(Type const& from, Type const& to) {
  return std::all_of(to.fields().begin(), to.fields().end(), [&](auto const& wanted) {
    auto given = from.field(wanted.first);
    return given && assignable(*given, wanted.second);
  });
}

// The item of a record type that a record of another has not, or has of another type.
std::string first_difference(Type const& from, Type const& to) {
  for (auto const& [name, wanted] : to.fields()) {
    auto given = from.field(name);
    if (!given) return "it has no field `" + name + "`";
    if (!assignable(*given, wanted)) {
      return "its field `" + name + "` is `" + given->to_string() + "`, not `" + wanted.to_string() + "`";
    }
  }
  return {};
}

}  // namespace

Type Type::list(Type element) {
  Type type(Kind::list);
  type.parts_ = std::make_shared<Parts const>(Parts{{std::move(element)}, {}, {}, {}});
  return type;
}

Type Type::stream(Type element) {
  Type type(Kind::stream);
  type.parts_ = std::make_shared<Parts const>(Parts{{std::move(element)}, {}, {}, {}});
  return type;
}

Type Type::record(std::vector<Field> fields, std::string name) {
  Type type(Kind::record);
  type.parts_ = std::make_shared<Parts const>(Parts{{}, std::move(fields), std::move(name), {}});
  return type;
}

Type Type::tensor(std::string dtype, std::vector<std::string> dimensions) {
  Type type(Kind::tensor);
  type.parts_ = std::make_shared<Parts const>(Parts{{}, {}, std::move(dtype), std::move(dimensions)});
  return type;
}

Result<Type> Type::parse(std::string_view text) { return Parser(text).parse(); }

std::string Type::to_string() const {
  switch (kind_) {
    case Kind::list: return "list<" + element().to_string() + ">";
    case Kind::stream: return "stream<" + element().to_string() + ">";
    case Kind::tensor: return "tensor<" + dtype() + ",[" + join(dimensions(), ",") + "]>";
    case Kind::record: {
      if (parts_ && !parts_->name.empty()) return parts_->name;
      std::string out;
      write_record(*this, out);
      return out;
    }
    default: break;
  }
  for (auto const& scalar : kScalars) {
    if (scalar.kind == kind_) return std::string(scalar.name);
  }
  return "any";
}

Type const& Type::element() const {
  static Type const any;
  return parts_ && !parts_->element.empty() ? parts_->element.front() : any;
}

std::vector<Type::Field> const& Type::fields() const {
  static std::vector<Field> const none;
  return parts_ ? parts_->fields : none;
}

Type const* Type::field(std::string_view name) const {
  for (auto const& [key, type] : fields()) {
    if (key == name) return &type;
  }
  return nullptr;
}

std::string const& Type::dtype() const {
  static std::string const none;
  return kind_ == Kind::tensor && parts_ ? parts_->name : none;
}

std::vector<std::string> const& Type::dimensions() const {
  static std::vector<std::string> const none;
  return parts_ ? parts_->dimensions : none;
}

bool operator==(Type const& a, Type const& b) {
  if (a.kind_ != b.kind_) return false;
  if (a.parts_ == b.parts_) return true;
  if (is_sequence(a.kind_)) return a.element() == b.element();
  if (a.kind_ == Kind::tensor) return a.dtype() == b.dtype() && a.dimensions() == b.dimensions();
  if (a.fields().size() != b.fields().size()) return false;
  return std::all_of(a.fields().begin(), a.fields().end(), [&](auto const& field) {
    auto other = b.field(field.first);
    return other && *other == field.second;
  });
}

bool assignable(Type const& from, Type const& to) {
  if (to.kind() == Kind::any || from.kind() == Kind::any) return true;
  if (to.kind() == Kind::json) return is_plain(from);
  if (is_sequence(to.kind()) && is_sequence(from.kind())) return assignable(from.element(), to.element());
  if (to.kind() == Kind::number && from.kind() == Kind::integer) return true;
  if (from.kind() != to.kind()) return false;
  if (to.kind() == Kind::record) return record_assignable(from, to);
  if (to.kind() == Kind::tensor) return tensor_assignable(from, to);
  return true;
}

std::string explain_mismatch(Type const& from, Type const& to) {
  auto message = "a value of `" + from.to_string() + "` cannot be used as `" + to.to_string() + "`";
  if (is_sequence(from.kind()) && assignable(from.element(), to))
    return message + "; map over it with `each:`";
  if (is_sequence(to.kind()) && assignable(from, to.element())) return message + "; write [ … ] around it";
  if (from.kind() == Kind::record && to.kind() == Kind::record)
    return message + ": " + first_difference(from, to);
  if (from.kind() == Kind::record) {
    for (auto const& [name, field] : from.fields()) {
      if (assignable(field, to)) return message + "; use its field `." + name + "`";
    }
  }
  if (to.kind() == Kind::text && assignable(from, Type::list(*find_named_type("page")))) {
    return message + "; the function `page-text` joins the texts of pages";
  }
  if (to.kind() == Kind::text && is_sequence(from.kind()))
    return message + "; the function `join` makes one text of a list";
  if (to.kind() == Kind::text && is_plain(from))
    return message + "; the function `json-text` writes it as text";
  if (to.kind() == Kind::json && !is_plain(from)) return message + ", because it holds files";
  if (from.kind() == Kind::json) return message + "; take a part of it with the function `select`";
  if (from.kind() == Kind::text && is_plain(to)) return message + "; the function `json` reads JSON text";
  return message;
}

}  // namespace shoal::value
