#include "value/schema_reader.h"

#include <algorithm>
#include <map>
#include <string>

#include "base/text.h"

namespace shoal::value {
namespace {

// What stands behind a keyword.
enum class Form {
  annotation,
  type,
  values,
  any,
  texts,
  count,
  number,
  flag,
  schema,
  schemas,
  named_schemas,
  reference
};

std::map<std::string, Form, std::less<>> const kKeywords = {
    {"$comment", Form::annotation},
    {"$defs", Form::named_schemas},
    {"$ref", Form::reference},
    {"$schema", Form::annotation},
    {"additionalProperties", Form::schema},
    {"allOf", Form::schemas},
    {"anyOf", Form::schemas},
    {"const", Form::any},
    {"default", Form::annotation},
    {"deprecated", Form::annotation},
    {"description", Form::annotation},
    {"enum", Form::values},
    {"examples", Form::annotation},
    {"exclusiveMaximum", Form::number},
    {"exclusiveMinimum", Form::number},
    {"items", Form::schema},
    {"maxItems", Form::count},
    {"maxLength", Form::count},
    {"maxProperties", Form::count},
    {"maximum", Form::number},
    {"minItems", Form::count},
    {"minLength", Form::count},
    {"minProperties", Form::count},
    {"minimum", Form::number},
    {"not", Form::schema},
    {"oneOf", Form::schemas},
    {"prefixItems", Form::schemas},
    {"properties", Form::named_schemas},
    {"required", Form::texts},
    {"title", Form::annotation},
    {"type", Form::type},
    {"uniqueItems", Form::flag},
};

std::vector<std::string> const kTypes = {"null", "boolean", "integer", "number", "string", "array", "object"};

std::vector<std::string> keywords() {
  std::vector<std::string> names;
  for (auto const& entry : kKeywords) names.push_back(entry.first);
  return names;
}

// Recursion is as deep as the document.
class Reader {
 public:
  Reader(Yaml const& root, std::vector<Problem>& problems) : root_(root), problems_(problems) {}

  void read_schema(Yaml const& node) {
    if (node.kind() == Yaml::Kind::boolean) return;
    if (!node.is_mapping()) {
      return problem(node, "a schema is a mapping, `true` or `false`, not a " + std::string(node.kind_name()),
                     "for example `{type: object}`");
    }
    for (auto const& [key, position, value] : node.entries()) {
      auto const found = kKeywords.find(key);
      if (found == kKeywords.end()) {
        auto const hint = did_you_mean(key, keywords());
        problems_.push_back({position,
                             "`" + printable(key) + "` is no keyword of a schema that is checked here",
                             hint.empty() ? "docs/pipelines.md lists those that are" : hint});
      } else {
        read(key, found->second, value);
      }
    }
  }

 private:
  void problem(Yaml const& node, std::string message, std::string hint = {}) {
    problems_.push_back({node.position(), std::move(message), std::move(hint)});
  }

  void require(bool holds, Yaml const& node, std::string const& key, std::string const& what) {
    if (!holds) problem(node, "`" + key + "` must be " + what);
  }

  void read(std::string const& key, Form form, Yaml const& node) {
    bool const is_number = node.kind() == Yaml::Kind::integer || node.kind() == Yaml::Kind::number;
    switch (form) {
      case Form::annotation:
      case Form::any: return;
      case Form::type: return read_type(node);
      case Form::values: return require(node.is_sequence(), node, key, "a list");
      case Form::texts: return require(is_list_of_texts(node), node, key, "a list of texts");
      case Form::number: return require(is_number, node, key, "a number");
      case Form::flag: return require(node.kind() == Yaml::Kind::boolean, node, key, "true or false");
      case Form::count:
        return require(node.kind() == Yaml::Kind::integer && node.integer() >= 0, node, key,
                       "a number from 0 on");
      case Form::schema: return read_schema(node);
      case Form::schemas:
        require(node.is_sequence() && !node.items().empty(), node, key, "a list of schemas");
        for (auto const& each : node.items()) read_schema(each);
        return;
      case Form::named_schemas:
        require(node.is_mapping(), node, key, "a mapping of names to schemas");
        for (auto const& entry : node.entries()) read_schema(entry.value);
        return;
      case Form::reference: return read_reference(node);
    }
  }

  static bool is_list_of_texts(Yaml const& node) {
    return node.is_sequence() && std::all_of(node.items().begin(), node.items().end(),
                                             [](auto const& item) { return item.is_string(); });
  }

  void read_type(Yaml const& node) {
    auto const read_one = [&](Yaml const& type) {
      // `null` is written without quotes, too.
      auto const name = type.is_null() ? std::string("null") : type.text();
      if (std::find(kTypes.begin(), kTypes.end(), name) != kTypes.end()) return;
      auto const hint = did_you_mean(name, kTypes);
      problem(type, "`" + printable(name) + "` is no type of JSON",
              hint.empty() ? "there are " + join(kTypes, ", ") : hint);
    };
    if (!node.is_sequence()) return read_one(node);
    for (auto const& each : node.items()) read_one(each);
  }

  void read_reference(Yaml const& node) {
    auto const& text = node.text();
    auto const* definitions = root_.is_mapping() ? root_.find("$defs") : nullptr;
    if (text == "#") return;
    bool const is_here = text.starts_with(kDefinitions) && definitions != nullptr &&
                         definitions->is_mapping() &&
                         definitions->find(text.substr(kDefinitions.size())) != nullptr;
    if (is_here) return;
    problem(node, "`$ref` leads to `" + printable(text) + "`, which is not in this schema",
            "`#/$defs/NAME` names one of its `$defs`");
  }

  Yaml const& root_;
  std::vector<Problem>& problems_;
};

}  // namespace

void find_schema_problems(Yaml const& root, std::vector<Problem>& problems) {
  Reader(root, problems).read_schema(root);
}

}  // namespace shoal::value
