#include "base/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/text.h"

namespace shoal {
namespace {

// Inside a function, so that it exists when another file's static object asks for it.
template <typename T> T const& empty() {
  static T const kEmpty{};
  return kEmpty;
}

// "line 3, column 5" of a byte offset; columns count characters.
std::string place(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  auto before = text.substr(0, offset);
  auto line = 1 + std::count(before.begin(), before.end(), '\n');
  auto line_start = before.rfind('\n');
  if (line_start != std::string_view::npos) before.remove_prefix(line_start + 1);
  std::size_t column = 1;
  for (std::size_t i = 0; i < before.size(); ++column) next_code_point(before, i);
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

// The library's "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error …"
// without what the error says elsewhere.
std::string_view without_prefix(std::string_view what) {
  for (std::string_view mark : {"column ", "] "}) {
    auto at = what.find(mark);
    if (at == std::string_view::npos) continue;
    what.remove_prefix(at + mark.size());
    if (mark != "column ") continue;
    auto colon = what.find(": ");
    if (colon != std::string_view::npos) what.remove_prefix(colon + 2);
    break;
  }
  return what;
}

// Leaves one member for each key: at the first one's place, with the last one's value.
void remove_duplicate_keys(Json::Object& members) {
  constexpr std::size_t kSmall = 16;  // below it comparing all is faster than hashing
  std::unordered_map<std::string_view, std::size_t> seen;
  auto find_before = [&](std::size_t index) {
    std::string_view key = members[index].first;
    if (members.size() > kSmall) return seen.try_emplace(key, index).first->second;
    for (std::size_t i = 0; i < index; ++i) {
      if (members[i].first == key) return i;
    }
    return index;
  };
  std::vector<std::size_t> duplicates;
  for (std::size_t i = 0; i < members.size(); ++i) {
    auto first = find_before(i);
    if (first == i) continue;
    members[first].second = std::move(members[i].second);
    duplicates.push_back(i);
  }
  if (duplicates.empty()) return;
  auto next = duplicates.begin();
  std::size_t index = 0;
  std::erase_if(members, [&](Json::Member const&) {
    bool drop = next != duplicates.end() && *next == index++;
    if (drop) ++next;
    return drop;
  });
}

}  // namespace

// Builds the value from the parser's events, in place: while a collection is open nothing is added
// to the one around it, so the pointers in `open_` stay valid. The parser itself does not recurse.
class JsonBuilder {
 public:
  JsonBuilder(std::string_view text, int max_depth) : text_(text), max_depth_(max_depth) {}

  Result<Json> finish(bool parsed) && {
    if (error_) return *std::move(error_);
    CHECK(parsed);
    return std::move(root_);
  }

  bool null() { return add(Json()); }
  bool boolean(bool value) { return add(Json(value)); }
  bool number_integer(std::int64_t value) { return add(Json(value)); }
  bool number_unsigned(std::uint64_t value) {
    constexpr std::uint64_t kLargest = INT64_MAX;
    return add(value <= kLargest ? Json(static_cast<std::int64_t>(value)) : Json(static_cast<double>(value)));
  }
  bool number_float(double value, std::string const&) { return add(Json(value)); }
  bool string(std::string& value) { return add(Json(std::move(value))); }
  bool binary(nlohmann::json::binary_t&) { return false; }  // JSON text has none

  bool start_object(std::size_t) { return open(Json(Json::Object())); }
  bool start_array(std::size_t) { return open(Json(Json::Array())); }
  bool end_object() {
    remove_duplicate_keys(std::get<Json::Object>(open_.back()->data_));
    open_.pop_back();
    return true;
  }
  bool end_array() {
    open_.pop_back();
    return true;
  }
  bool key(std::string& value) {
    std::get<Json::Object>(open_.back()->data_).emplace_back(std::move(value), Json());
    return true;
  }

  bool parse_error(std::size_t position, std::string const&, nlohmann::detail::exception const& error) {
    error_ =
        Error(Code::invalid_argument, "not valid JSON at " + place(text_, position == 0 ? 0 : position - 1) +
                                          ": " + make_valid_utf8(without_prefix(error.what())));
    return false;
  }

 private:
  Json* slot(Json value) {
    if (open_.empty()) return &(root_ = std::move(value));
    auto& data = open_.back()->data_;
    if (auto* items = std::get_if<Json::Array>(&data)) return &items->emplace_back(std::move(value));
    return &(std::get<Json::Object>(data).back().second = std::move(value));
  }
  bool add(Json value) {
    slot(std::move(value));
    return true;
  }
  bool open(Json value) {
    if (open_.size() >= static_cast<std::size_t>(std::max(max_depth_, 0))) {
      error_ = Error(Code::invalid_argument, "JSON is nested deeper than the " + std::to_string(max_depth_) +
                                                 " levels that are accepted");
      return false;
    }
    open_.push_back(slot(std::move(value)));
    return true;
  }

  std::string_view text_;
  int max_depth_;
  Json root_;
  std::vector<Json*> open_;
  std::optional<Error> error_;
};

Result<Json> Json::parse(std::string_view text, int max_depth) {
  JsonBuilder builder(text, max_depth);
  bool parsed = nlohmann::json::sax_parse(text.data(), text.data() + text.size(), &builder);
  return std::move(builder).finish(parsed);
}

namespace {

void write_string(std::string& out, std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  out.push_back('"');
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, start, i - start);
    start = i + 1;
    out.push_back('\\');
    switch (c) {
      case '"':
      case '\\': out.push_back(text[i]); break;
      case '\n': out.push_back('n'); break;
      case '\t': out.push_back('t'); break;
      case '\r': out.push_back('r'); break;
      case '\b': out.push_back('b'); break;
      case '\f': out.push_back('f'); break;
      default: out.append({'u', '0', '0', kDigits[c >> 4], kDigits[c & 15]});
    }
  }
  out.append(text, start);
  out.push_back('"');
}

void write_valid_string(std::string& out, std::string_view text) {
  if (find_invalid_utf8(text)) return write_string(out, make_valid_utf8(text));
  write_string(out, text);
}

void write_integer(std::string& out, std::int64_t value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

// The shortest text that reads back as the same number; one without a fraction keeps ".0", so that
// it does not come back as an integer. JSON has no NaN and no infinity.
void write_number(std::string& out, double value) {
  if (!std::isfinite(value)) return void(out.append("null"));
  char digits[32];
  auto const* end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  std::string_view text(digits, static_cast<std::size_t>(end - digits));
  out.append(text);
  if (text.find_first_of(".e") == std::string_view::npos) out.append(".0");
}

class Writer {
 public:
  Writer(std::string& out, int indent) : out_(out), indent_(indent) {}

  void write(Json const& json, int level) {
    if (json.is_null()) return void(out_.append("null"));
    if (json.is_bool()) return void(out_.append(json.as_bool() ? "true" : "false"));
    if (json.is_integer()) return write_integer(out_, json.as_integer());
    if (json.is_number()) return write_number(out_, json.as_number());
    if (json.is_string()) return write_valid_string(out_, json.as_string());
    if (json.is_array()) return write_all(json.as_array(), '[', ']', level);
    write_all(json.as_object(), '{', '}', level);
  }

 private:
  template <typename Items> void write_all(Items const& items, char open, char close, int level) {
    out_.push_back(open);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_.push_back(',');
      new_line(level + 1);
      write_one(items[i], level + 1);
    }
    if (!items.empty()) new_line(level);
    out_.push_back(close);
  }
  void write_one(Json const& item, int level) { write(item, level); }
  void write_one(Json::Member const& member, int level) {
    write_valid_string(out_, member.first);
    out_.append(indent_ < 0 ? ":" : ": ");
    write(member.second, level);
  }
  void new_line(int level) {
    if (indent_ < 0) return;
    out_.push_back('\n');
    out_.append(static_cast<std::size_t>(level) * static_cast<std::size_t>(indent_), ' ');
  }

  std::string& out_;
  int indent_;
};

Error wrong_member(Json const& object, std::string_view key, std::string_view kind) {
  std::string message = "`" + std::string(key) + "`";
  if (object.contains(key)) {
    message.append(" must be of type ").append(kind).append(", not ").append(object[key].type_name());
  } else {
    message.append(" is missing; it must be of type ").append(kind);
  }
  return Error(Code::invalid_argument, std::move(message));
}

}  // namespace

std::string Json::dump(int indent) const {
  std::string out;
  Writer(out, indent).write(*this, 0);
  return out;
}

std::string_view Json::type_name() const {
  constexpr std::string_view kNames[] = {"null", "boolean", "integer", "number", "string", "array", "object"};
  return kNames[data_.index()];
}

bool Json::as_bool(bool fallback) const {
  auto const* value = std::get_if<bool>(&data_);
  return value != nullptr ? *value : fallback;
}

std::int64_t Json::as_integer(std::int64_t fallback) const {
  if (auto const* value = std::get_if<std::int64_t>(&data_)) return *value;
  auto const* number = std::get_if<double>(&data_);
  // 2^63 itself does not fit; NaN fails every comparison.
  if (number == nullptr || !(*number >= -0x1p63 && *number < 0x1p63)) return fallback;
  return std::trunc(*number) == *number ? static_cast<std::int64_t>(*number) : fallback;
}

double Json::as_number(double fallback) const {
  if (auto const* value = std::get_if<std::int64_t>(&data_)) return static_cast<double>(*value);
  auto const* number = std::get_if<double>(&data_);
  return number != nullptr ? *number : fallback;
}

std::string const& Json::as_string() const {
  auto const* value = std::get_if<std::string>(&data_);
  return value != nullptr ? *value : empty<std::string>();
}

Json::Array const& Json::as_array() const {
  auto const* value = std::get_if<Array>(&data_);
  return value != nullptr ? *value : empty<Array>();
}

Json::Object const& Json::as_object() const {
  auto const* value = std::get_if<Object>(&data_);
  return value != nullptr ? *value : empty<Object>();
}

Json const& Json::operator[](std::string_view key) const {
  for (auto const& [name, value] : as_object()) {
    if (name == key) return value;
  }
  return empty<Json>();
}

bool Json::contains(std::string_view key) const {
  for (auto const& [name, value] : as_object()) {
    if (name == key) return true;
  }
  return false;
}

Json& Json::set(std::string_view key, Json value) {
  if (is_null()) data_.emplace<Object>();
  CHECK(is_object());
  auto& members = std::get<Object>(data_);
  for (auto& member : members) {
    if (member.first != key) continue;
    member.second = std::move(value);
    return *this;
  }
  members.emplace_back(std::string(key), std::move(value));
  return *this;
}

Json& Json::push(Json value) {
  if (is_null()) data_.emplace<Array>();
  CHECK(is_array());
  std::get<Array>(data_).push_back(std::move(value));
  return *this;
}

Result<std::string> require_string(Json const& object, std::string_view key) {
  auto const& value = object[key];
  if (!value.is_string()) return wrong_member(object, key, "string");
  return value.as_string();
}

Result<std::int64_t> require_integer(Json const& object, std::string_view key) {
  auto const& value = object[key];
  // The fallback shows only where there is no integer.
  if (value.as_integer(0) != value.as_integer(1)) return wrong_member(object, key, "integer");
  return value.as_integer();
}

}  // namespace shoal
