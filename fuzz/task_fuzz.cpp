// Task documents from text to checks, which then look at the document itself.
// rooms: task graph value base
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "graph/test_catalog.h"
#include "task/task.h"

namespace {

using shoal::value::Type;
using shoal::value::Value;

// The document for every port that could have it, also inside of lists and records.
Value value_for(Type const& type, std::string_view text) {
  switch (type.kind()) {
    case Type::Kind::text: return text;
    case Type::Kind::list:
    case Type::Kind::stream: return Value::list({value_for(type.element(), text), Value()});
    case Type::Kind::record: {
      Value::Record fields;
      for (auto const& [name, field] : type.fields()) fields.emplace_back(name, value_for(field, text));
      return fields;
    }
    default: return {};
  }
}

Value values_for(std::vector<shoal::value::Port> const& ports, std::string_view text) {
  Value::Record fields;
  for (auto const& port : ports) fields.emplace_back(port.name, value_for(port.type, text));
  return fields;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  namespace task = shoal::task;
  static auto const catalog = shoal::graph::test_catalog();
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  auto parsed = task::parse(text, "fuzz.yaml");
  if (!parsed) return 0;
  auto checked = task::check(std::move(*parsed), catalog);
  if (!checked) return 0;
  auto const inputs = values_for(checked->task.signature.inputs, text);
  auto const outputs = values_for(checked->task.signature.outputs, text.substr(size / 2));
  (void)task::run_checks(checked->task.checks, {inputs, outputs, shoal::Json()});
  (void)task::callable_of(*checked);
  return 0;
}
