#include "task/path.h"

#include "base/text.h"
#include "value/type.h"

namespace shoal::task {
namespace {

using value::Type;
using value::Value;
using Kind = Type::Kind;

Error no_field(std::string_view name, Type const& type) {
  std::vector<std::string> names;
  for (auto const& field : type.fields()) names.push_back(field.first);
  auto hint = did_you_mean(name, names);
  if (hint.empty() && !names.empty()) hint = "it has " + join(names, ", ");
  return Error(Code::invalid_argument, quoted(type.to_string()) + " has no field " + quoted(name) +
                                           (hint.empty() ? "" : "; " + hint));
}

Error no_port(std::string_view name, std::vector<value::Port> const& ports, std::string_view side) {
  std::vector<std::string> names;
  for (auto const& port : ports) names.push_back(port.name);
  auto hint = did_you_mean(name, names);
  if (hint.empty()) hint = names.empty() ? "it has none" : "it has " + join(names, ", ");
  return Error(Code::invalid_argument,
               "the task has no " + std::string(side) + " " + quoted(name) + "; " + hint);
}

// Values on the way, each with whether a list was passed.
struct Found {
  Value const* value;
  bool in_list;
};

// As deep as the value is, which its readers bound.
void spread(Found found, std::vector<Found>& out) {
  if (!found.value->is_list()) return out.push_back(found);
  for (auto const& item : found.value->as_list()) spread({&item, true}, out);
}

std::vector<Found> find(std::string_view path, Value const& ports) {
  std::vector<Found> found = {{&ports, false}};
  for (auto name : split(path, '.')) {
    std::vector<Found> items;
    for (auto const& value : found) spread(value, items);
    for (auto& item : items) item.value = &(*item.value)[name];
    found = std::move(items);
  }
  std::erase_if(found, [](Found const& value) { return value.in_list && value.value->is_null(); });
  return found;
}

}  // namespace

Type without_lists(Type type) {
  while (type.kind() == Kind::list || type.kind() == Kind::stream) type = Type(type.element());
  return type;
}

Result<Type> type_at(std::string_view path, std::vector<value::Port> const& ports, std::string_view side) {
  auto names = split(path, '.');
  Type type;
  bool found = false;
  for (auto const& port : ports) {
    if (port.name != names.front()) continue;
    type = port.type;
    found = true;
  }
  if (!found) return no_port(names.front(), ports, side);
  for (std::size_t i = 1; i < names.size(); ++i) {
    auto record = without_lists(type);
    if (record.kind() == Kind::any || record.kind() == Kind::json) return Type();
    auto const* field = record.field(names[i]);
    if (field == nullptr) return no_field(names[i], record);
    type = Type(*field);
  }
  return type;
}

std::vector<Value const*> values_at(std::string_view path, Value const& ports) {
  std::vector<Value const*> values;
  for (auto const& found : find(path, ports)) values.push_back(found.value);
  return values;
}

std::vector<Value const*> leaves_at(std::string_view path, Value const& ports) {
  std::vector<Value const*> leaves;
  for (auto const& found : find(path, ports)) {
    std::vector<Found> items;
    spread(found, items);
    for (auto const& item : items) {
      if (!item.value->is_null() || !item.in_list) leaves.push_back(item.value);
    }
  }
  return leaves;
}

std::vector<std::string_view> texts_at(std::string_view path, Value const& ports) {
  std::vector<std::string_view> texts;
  for (auto const* leaf : leaves_at(path, ports)) {
    if (leaf->is_text() || leaf->is_null()) texts.push_back(leaf->as_text());
  }
  return texts;
}

}  // namespace shoal::task
