#include "graph/binding.h"

#include <utility>

#include "base/check.h"
#include "value/json.h"

namespace shoal::graph {
namespace {

using value::Value;

constexpr std::size_t kLargestText = 64 << 20;

Error too_large() {
  return Error(Code::invalid_argument,
               "a template gives more than 64 MiB of text; give the parts as inputs instead");
}

// Texts as they are, null as nothing, everything else as JSON.
Result<std::string> as_text(Value const& value) {
  if (value.is_text()) return value.as_text();
  if (value.is_null()) return std::string();
  if (value.is_blob()) {
    return Error(Code::invalid_argument, "a file cannot stand in a template; give it to an input of its own");
  }
  if (value::size_of(value) > kLargestText) return too_large();
  return value::to_json(value).dump();
}

Result<Value> fill_template(Binding const& binding, Environment const& environment) {
  std::string text;
  for (auto const& part : binding.parts) {
    auto piece = TRY(as_text(TRY(evaluate(part, environment))));
    if (piece.size() > kLargestText - text.size()) return too_large();
    text += piece;
  }
  return Value(std::move(text));
}

}  // namespace

// Recursion is as deep as the document, which base/yaml.h bounds.
Result<Value> evaluate(Binding const& binding, Environment const& environment) {
  switch (binding.kind) {
    case Binding::Kind::literal: return binding.literal;
    case Binding::Kind::reference: return evaluate(binding.reference, environment);
    case Binding::Kind::text: return fill_template(binding, environment);
    case Binding::Kind::list: {
      Value::List items;
      items.reserve(binding.parts.size());
      for (auto const& part : binding.parts) items.push_back(TRY(evaluate(part, environment)));
      return Value(std::move(items));
    }
    case Binding::Kind::record: break;
  }
  CHECK(binding.names.size() == binding.parts.size());
  Value::Record fields;
  fields.reserve(binding.parts.size());
  for (std::size_t i = 0; i < binding.parts.size(); ++i) {
    fields.emplace_back(binding.names[i], TRY(evaluate(binding.parts[i], environment)));
  }
  return Value(std::move(fields));
}

}  // namespace shoal::graph
