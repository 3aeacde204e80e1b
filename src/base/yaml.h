// YAML documents with the position of every node, for manifests, pipelines, tasks and configuration:
// the YAML 1.2 core schema without anchors, aliases and tags. The YAML library is used in yaml.cpp only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace shoal {

// Where something stands in a text: line and column count from 1; columns count characters.
struct Position {
  int line = 0;
  int column = 0;
  friend bool operator==(Position, Position) = default;
};

// One problem of a document, with what would mend it in `hint` (may be empty).
struct Problem {
  Position position;
  std::string message;
  std::string hint;
};

// "file:line:column: message (hint)"
std::string to_string(Problem const& problem, std::string_view file);
// A line each, sorted by position, as one invalid_argument error: the first 100, and how many more there are.
Error to_error(std::vector<Problem> problems, std::string_view file);

// A node of a parsed document. Plain scalars are typed by the core schema (null, true, 12, 1.5);
// quoted and block scalars are strings.
class Yaml {
 public:
  enum class Kind { null, boolean, integer, number, string, sequence, mapping };
  struct Entry;

  Kind kind() const { return kind_; }
  Position position() const { return position_; }
  std::string_view kind_name() const;
  bool is_null() const { return kind_ == Kind::null; }
  bool is_scalar() const { return kind_ != Kind::sequence && kind_ != Kind::mapping; }
  bool is_string() const { return kind_ == Kind::string; }
  bool is_sequence() const { return kind_ == Kind::sequence; }
  bool is_mapping() const { return kind_ == Kind::mapping; }

  // The text of any scalar as written ("" for null and for collections).
  std::string const& text() const { return text_; }
  std::int64_t integer() const { return integer_; }
  double number() const { return kind_ == Kind::integer ? static_cast<double>(integer_) : number_; }
  bool boolean() const { return boolean_; }
  std::vector<Yaml> const& items() const { return items_; }
  std::vector<Entry> const& entries() const { return entries_; }

  // The value under `key`, or nullptr.
  Yaml const* find(std::string_view key) const;
  // The node as plain data (positions lost).
  Json to_json() const;

  // The root of one document. invalid_argument carries "file:line:column"; refused are more than
  // one document, anchors, tags, duplicate keys, keys that are not scalars, invalid UTF-8, nesting
  // deeper than 64 and texts over 16 MiB.
  static Result<Yaml> parse(std::string_view text, std::string_view file);

 private:
  friend class YamlBuilder;
  Kind kind_ = Kind::null;
  Position position_;
  std::string text_;
  std::int64_t integer_ = 0;
  double number_ = 0;
  bool boolean_ = false;
  std::vector<Yaml> items_;
  std::vector<Entry> entries_;
};

struct Yaml::Entry {
  std::string key;
  Position key_position;
  Yaml value;
};

}  // namespace shoal
