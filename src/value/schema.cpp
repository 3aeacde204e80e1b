#include "value/schema.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "value/json.h"
#include "value/schema_reader.h"

namespace shoal::value {
namespace {

// A schema that refers to itself without going down into the value would never end, and one that tries
// alternatives in alternatives hardly ever.
constexpr int kDeepest = 400;
constexpr int kMostTests = 1'000'000;
constexpr std::size_t kShown = 60;

std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool is_whole(Value const& value) {
  return value.is_integer() || (value.is_number() && std::trunc(value.as_number()) == value.as_number());
}

bool has_type(Value const& value, std::string_view type) {
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return is_whole(value);
  if (type == "number") return value.is_number();
  if (type == "string") return value.is_text();
  return type == "array" ? value.is_list() : value.is_record();
}

std::string shown(Json const& json) {
  auto const text = printable(json.dump());
  return text.size() <= kShown ? text : text.substr(0, kShown) + "…";
}

// As JSON does, 1 and 1.0 are the same.
bool same(Value const& a, Value const& b) {
  if (a.is_number() && b.is_number()) return a.as_number() == b.as_number();
  if (a.is_list() && b.is_list()) {
    auto const &left = a.as_list(), &right = b.as_list();
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), same);
  }
  if (!a.is_record() || !b.is_record()) return a == b;
  auto const& fields = a.as_record();
  return fields.size() == b.as_record().size() &&
         std::all_of(fields.begin(), fields.end(), [&](auto const& field) {
           return b.contains(field.first) && same(field.second, b[field.first]);
         });
}

bool same(Value const& value, Json const& json) {
  auto const other = from_json(json);
  return other && same(value, *other);
}

class Validation {
 public:
  explicit Validation(Json const& root) : root_(root) {}

  bool check(Value const& value, Json const& schema) {
    if (schema.is_bool()) return schema.as_bool() || fail("is not allowed");
    if (++tests_ > kMostTests || depth_ >= kDeepest) return give_up();
    ++depth_;
    bool const holds = check_kind(value, schema) && check_number(value, schema) &&
                       check_text(value, schema) && check_list(value, schema) &&
                       check_record(value, schema) && check_combinations(value, schema);
    --depth_;
    return holds;
  }

  // Then nothing is known about the value: under `not`, too.
  bool gave_up() const { return gave_up_; }

  Error error(std::string_view name) const {
    if (gave_up_) {
      return Error(Code::invalid_argument,
                   std::string(name) +
                       ": its schema goes round in circles, or has too many alternatives "
                       "to try for this value");
    }
    std::string path(name);
    for (auto step = path_.rbegin(); step != path_.rend(); ++step) path += *step;
    if (path.starts_with('.')) path.erase(0, 1);
    return Error(Code::invalid_argument, (path.empty() ? "" : path + ": ") + problem_);
  }

 private:
  bool fail(std::string problem) {
    problem_ = std::move(problem);
    path_.clear();
    return false;
  }

  bool give_up() {
    gave_up_ = true;
    return false;
  }

  bool at(std::string step) {
    path_.push_back(std::move(step));
    return false;
  }

  bool check_kind(Value const& value, Json const& schema) {
    auto const& type = schema["type"];
    if (schema.contains("type")) {
      auto const name_of = [](Json const& each) { return each.is_null() ? "null" : each.as_string(); };
      auto const types = type.is_array() ? type.as_array() : Json::Array{type};
      bool const fits = std::any_of(types.begin(), types.end(),
                                    [&](auto const& each) { return has_type(value, name_of(each)); });
      std::vector<std::string> names;
      for (auto const& each : types) names.push_back(name_of(each));
      if (!fits) return fail("expected " + join(names, " or ") + ", got " + std::string(value.kind_name()));
    }
    if (schema.contains("const") && !same(value, schema["const"]))
      return fail("must be " + shown(schema["const"]));
    auto const& allowed = schema["enum"].as_array();
    if (schema.contains("enum") &&
        std::none_of(allowed.begin(), allowed.end(), [&](auto const& each) { return same(value, each); }))
      return fail("must be one of " + shown(schema["enum"]));
    return true;
  }

  // Whether `amount` is within the two keywords; `what` is counted, "" for a number itself.
  bool is_within(double amount, Json const& schema, std::string const& least, std::string const& most,
                 std::string const& what) {
    auto const words = (what.empty() ? "must be " : "must have ");
    auto const behind = what.empty() ? std::string() : " " + what;
    if (schema.contains(least) && !(amount >= schema[least].as_number()))
      return fail(words + ("at least " + schema[least].dump()) + behind);
    if (schema.contains(most) && !(amount <= schema[most].as_number()))
      return fail(words + ("at most " + schema[most].dump()) + behind);
    return true;
  }

  bool check_number(Value const& value, Json const& schema) {
    if (!value.is_number()) return true;
    auto const number = value.as_number();
    auto const &above = schema["exclusiveMinimum"], &below = schema["exclusiveMaximum"];
    if (above.is_number() && !(number > above.as_number())) return fail("must be more than " + above.dump());
    if (below.is_number() && !(number < below.as_number())) return fail("must be less than " + below.dump());
    return is_within(number, schema, "minimum", "maximum", "");
  }

  bool check_text(Value const& value, Json const& schema) {
    if (!value.is_text() || !(schema.contains("minLength") || schema.contains("maxLength"))) return true;
    return is_within(static_cast<double>(length_of(value.as_text())), schema, "minLength", "maxLength",
                     "characters");
  }

  bool check_list(Value const& value, Json const& schema) {
    if (!value.is_list()) return true;
    auto const& items = value.as_list();
    if (!is_within(static_cast<double>(items.size()), schema, "minItems", "maxItems", "items")) return false;
    auto const& first = schema["prefixItems"].as_array();
    for (std::size_t i = 0; i < items.size(); ++i) {
      bool const has_own = i < first.size();
      if (!has_own && !schema.contains("items")) break;
      if (!check(items[i], has_own ? first[i] : schema["items"])) return at("[" + std::to_string(i) + "]");
    }
    return !schema["uniqueItems"].as_bool() || are_unique(items);
  }

  bool are_unique(Value::List const& items) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (++tests_ > kMostTests) return give_up();
        if (same(items[i], items[j])) return fail("has an item twice"), at("[" + std::to_string(i) + "]");
      }
    }
    return true;
  }

  bool check_record(Value const& value, Json const& schema) {
    if (!value.is_record()) return true;
    auto const& fields = value.as_record();
    if (!is_within(static_cast<double>(fields.size()), schema, "minProperties", "maxProperties", "fields"))
      return false;
    for (auto const& name : schema["required"].as_array()) {
      if (!value.contains(name.as_string())) return fail("there is no field `" + name.as_string() + "`");
    }
    auto const& known = schema["properties"];
    for (auto const& [name, field] : fields) {
      bool const is_known = known.contains(name);
      if (!is_known && !schema.contains("additionalProperties")) continue;
      if (!check(field, is_known ? known[name] : schema["additionalProperties"])) return at("." + name);
    }
    return true;
  }

  bool check_combinations(Value const& value, Json const& schema) {
    for (auto const& each : schema["allOf"].as_array()) {
      if (!check(value, each)) return false;
    }
    if (schema.contains("$ref") && !check(value, target_of(schema["$ref"].as_string()))) return false;
    if (schema.contains("anyOf") && count_fitting(value, schema["anyOf"], 1) == 0)
      return fail("fits none of the alternatives; of the last: " + problem_);
    if (schema.contains("oneOf")) {
      auto const fitting = count_fitting(value, schema["oneOf"], 2);
      if (fitting == 0) return fail("fits none of the alternatives; of the last: " + problem_);
      if (fitting > 1) return fail("fits several of the alternatives of `oneOf`");
    }
    if (schema.contains("not") && (check(value, schema["not"]) || gave_up_))
      return fail("must not be like that: `not`");
    return true;
  }

  int count_fitting(Value const& value, Json const& alternatives, int most) {
    int fitting = 0;
    for (auto const& each : alternatives.as_array()) {
      if (check(value, each) && ++fitting == most) break;
    }
    return fitting;
  }

  Json const& target_of(std::string_view reference) const {
    return reference == "#" ? root_ : root_["$defs"][reference.substr(kDefinitions.size())];
  }

  Json const& root_;
  std::string problem_;
  std::vector<std::string> path_;  // from the fault outwards
  int depth_ = 0;
  int tests_ = 0;
  bool gave_up_ = false;
};

}  // namespace

std::shared_ptr<Schema const> Schema::read(Yaml const& node, std::vector<Problem>& problems) {
  auto const before = problems.size();
  find_schema_problems(node, problems);
  if (problems.size() != before) return nullptr;
  return std::shared_ptr<Schema const>(new Schema(node.to_json()));
}

Result<void> Schema::check(Value const& value, std::string_view name) const {
  Validation validation(json_);
  if (validation.check(value, json_) && !validation.gave_up()) return {};
  return validation.error(name);
}

}  // namespace shoal::value
