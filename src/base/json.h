// Plain data as JSON: protocol payloads, configuration, API bodies. What flows between steps is
// value::Value. The parser behind parse() is used in json.cpp only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace shoal {

// One JSON value. Integers stay integers (1 and 1.0 differ); objects keep the order of their keys.
class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(bool value) : data_(value) {}
  Json(int value) : data_(std::int64_t{value}) {}
  Json(unsigned value) : data_(std::int64_t{value}) {}
  Json(long value) : data_(std::int64_t{value}) {}
  Json(long long value) : data_(std::int64_t{value}) {}
  Json(unsigned long value) : data_(static_cast<std::int64_t>(value)) {}
  Json(unsigned long long value) : data_(static_cast<std::int64_t>(value)) {}
  Json(double value) : data_(value) {}
  Json(char const* value) : data_(std::string(value)) {}
  Json(std::string_view value) : data_(std::string(value)) {}
  Json(std::string value) : data_(std::move(value)) {}
  Json(Array value) : data_(std::move(value)) {}
  Json(Object value) : data_(std::move(value)) {}

  static Json object(std::initializer_list<Member> members = {}) { return Json(Object(members)); }
  static Json array(std::initializer_list<Json> items = {}) { return Json(Array(items)); }

  // Reads UTF-8 JSON text (RFC 8259). invalid_argument names line and column; nesting over
  // `max_depth` and NaN are refused; an integer beyond 64 bits becomes a number; of duplicate keys
  // the last value wins.
  static Result<Json> parse(std::string_view text, int max_depth = 128);
  // Compact with indent < 0, otherwise one member a line. Strings that are not UTF-8 get U+FFFD.
  std::string dump(int indent = -1) const;

  bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
  bool is_bool() const { return std::holds_alternative<bool>(data_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(data_); }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(data_); }
  bool is_string() const { return std::holds_alternative<std::string>(data_); }
  bool is_array() const { return std::holds_alternative<Array>(data_); }
  bool is_object() const { return std::holds_alternative<Object>(data_); }
  std::string_view type_name() const;  // "null", "boolean", "integer", "number", "string", "array", "object"

  // Readers that never fail: the fallback where the kind is another (a number reads as an integer
  // when it has no fraction).
  bool as_bool(bool fallback = false) const;
  std::int64_t as_integer(std::int64_t fallback = 0) const;
  double as_number(double fallback = 0) const;
  std::string const& as_string() const;  // "" where it is none
  Array const& as_array() const;         // empty where it is none
  Object const& as_object() const;       // empty where it is none

  // A member's value, or null where there is none (also on what is no object).
  Json const& operator[](std::string_view key) const;
  bool contains(std::string_view key) const;
  // Adds or replaces a member; null becomes an object first. Returns this object, for the next set.
  Json& set(std::string_view key, Json value);
  // Appends; null becomes an array first. Returns this array, for the next push.
  Json& push(Json value);

  friend bool operator==(Json const&, Json const&) = default;

 private:
  friend class JsonBuilder;
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> data_;
};

// Required members of a protocol object: invalid_argument names the key and the kind it should be.
Result<std::string> require_string(Json const& object, std::string_view key);
Result<std::int64_t> require_integer(Json const& object, std::string_view key);

}  // namespace shoal
