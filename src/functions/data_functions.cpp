// select, first, flatten, json and json-text: what takes values apart and puts them together.
#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <variant>

#include "base/text.h"
#include "functions/groups.h"
#include "value/json.h"

namespace shoal::functions {
namespace {

using value::Port;
using value::Type;
using value::Value;

bool is_sequence(Type const& type) {
  return type.kind() == Type::Kind::list || type.kind() == Type::Kind::stream;
}
bool is_open(Type const& type) { return type.kind() == Type::Kind::any || type.kind() == Type::Kind::json; }

std::vector<Port> one_output(std::string name, Type type) {
  auto out = port(std::move(name), "any", {});
  out.type = std::move(type);
  return {out};
}

Argument const* find_argument(std::vector<Argument> const& arguments, std::string_view name) {
  auto at = std::find_if(arguments.begin(), arguments.end(),
                         [&](auto const& argument) { return argument.name == name; });
  return at == arguments.end() ? nullptr : &*at;
}

// One step of a path: a field's name, or an index (from the end where it is negative).
using Step = std::variant<std::string, std::int64_t>;

Error bad_path(std::string const& path) {
  return Error(
      Code::invalid_argument,
      "`" + printable(path) + "` is no path; write `field`, `field.other`, `list[0]` or `[-1].field`");
}

std::optional<std::int64_t> take_index(std::string_view path, std::size_t& at) {
  auto close = path.find(']', at);
  if (close == std::string_view::npos) return std::nullopt;
  std::int64_t index = 0;
  auto [end, error] = std::from_chars(path.data() + at, path.data() + close, index);
  if (error != std::errc() || end != path.data() + close) return std::nullopt;
  at = close + 1;
  return index;
}

// "pages[0].text" → pages, 0, text.
Result<std::vector<Step>> parse_path(std::string const& path) {
  std::vector<Step> steps;
  for (std::size_t at = 0; at < path.size();) {
    if (path[at] == '[') {
      auto index = take_index(path, ++at);
      if (!index) return bad_path(path);
      steps.emplace_back(*index);
      continue;
    }
    if (path[at] == '.' && at > 0) ++at;
    auto end = std::min(path.find_first_of(".[]", at), path.size());
    if (end == at) return bad_path(path);
    steps.emplace_back(path.substr(at, end - at));
    at = end;
  }
  return steps;
}

std::string no_field(std::string const& name, std::vector<std::string> const& known) {
  auto proposal = did_you_mean(name, known);
  if (proposal.empty() && !known.empty()) proposal = "there is " + join(known, ", ");
  return "there is no field `" + printable(name) + "`" + (proposal.empty() ? "" : "; " + proposal);
}

Result<Value> take_field(Value const& from, std::string const& name) {
  if (from.contains(name)) return from[name];
  if (!from.is_record()) {
    return Error(Code::not_found, "there is no field `" + printable(name) + "` in a value of kind " +
                                      std::string(from.kind_name()));
  }
  std::vector<std::string> known;
  for (auto const& field : from.as_record()) known.push_back(field.first);
  return Error(Code::not_found, no_field(name, known));
}

Result<Value> take_item(Value const& from, std::int64_t index) {
  auto const& items = from.as_list();
  auto size = static_cast<std::int64_t>(items.size());
  auto at = index < 0 ? index + size : index;
  if (at >= 0 && at < size) return items[static_cast<std::size_t>(at)];
  return Error(Code::not_found, "there is no item [" + std::to_string(index) + "] in " +
                                    (from.is_list() ? "a list of " + std::to_string(size)
                                                    : "a value of kind " + std::string(from.kind_name())));
}

Result<Value> select_part(Value const& inputs) {
  auto const& path = inputs["path"].as_text();
  auto part = inputs["from"];
  for (auto const& step : TRY(parse_path(path))) {
    auto name = std::get_if<std::string>(&step);
    auto taken = name ? take_field(part, *name) : take_item(part, std::get<std::int64_t>(step));
    if (!taken && inputs["otherwise"].is_null()) return std::move(taken).within("`" + printable(path) + "`");
    if (!taken) return Value::record({{"value", inputs["otherwise"]}});
    part = std::move(taken).value();
  }
  return Value::record({{"value", part}});
}

Result<Type> type_after(Type const& type, Step const& step) {
  if (is_open(type)) return Type();
  if (auto name = std::get_if<std::string>(&step)) {
    if (auto field = type.field(*name)) return *field;
    std::vector<std::string> known;
    for (auto const& field : type.fields()) known.push_back(field.first);
    return Error(Code::invalid_argument,
                 "in a value of `" + type.to_string() + "` " + no_field(*name, known));
  }
  if (is_sequence(type)) return type.element();
  return Error(Code::invalid_argument, "a value of `" + type.to_string() + "` has no items");
}

Result<std::vector<Port>> infer_select(std::vector<Argument> const& arguments) {
  auto from = find_argument(arguments, "from");
  auto path = find_argument(arguments, "path");
  if (!from || !path || !path->literal) return one_output("value", Type());
  auto type = from->type;
  for (auto const& step : TRY(parse_path(path->literal->as_text()))) type = TRY(type_after(type, step));
  auto otherwise = find_argument(arguments, "otherwise");
  if (otherwise && !value::assignable(otherwise->type, type)) type = Type();
  return one_output("value", type);
}

Result<Value> first_given(Value const& inputs) {
  for (auto const& item : inputs["values"].as_list()) {
    if (!item.is_null()) return Value::record({{"value", item}});
  }
  return Error(Code::not_found, "`first` got no value: all " +
                                    std::to_string(inputs["values"].as_list().size()) +
                                    " are null; add one that is always there to `values`");
}

Result<std::vector<Port>> infer_first(std::vector<Argument> const& arguments) {
  auto values = find_argument(arguments, "values");
  return one_output("value", values && is_sequence(values->type) ? values->type.element() : Type());
}

Result<Value> flatten(Value const& inputs) {
  Value::List items;
  for (auto const& list : inputs["lists"].as_list()) {
    items.insert(items.end(), list.as_list().begin(), list.as_list().end());
  }
  return Value::record({{"items", std::move(items)}});
}

Result<std::vector<Port>> infer_flatten(std::vector<Argument> const& arguments) {
  auto lists = find_argument(arguments, "lists");
  bool known = lists && is_sequence(lists->type) && is_sequence(lists->type.element());
  return one_output("items", Type::list(known ? lists->type.element().element() : Type()));
}

Result<Value> parse_json(Value const& inputs) {
  auto json = TRY(Json::parse(inputs["text"].as_text()).within("input `text` is no JSON"));
  return Value::record({{"value", TRY(value::from_json(json))}});
}

Result<Value> write_json(Value const& inputs) {
  auto indent = static_cast<int>(inputs["indent"].as_integer(-1));
  return Value::record({{"text", value::to_json(inputs["value"]).dump(indent > 0 ? indent : -1)}});
}

Result<Value> count(Value const& inputs) {
  return Value::record({{"count", inputs["items"].as_list().size()}});
}

}  // namespace

std::vector<Function> data_functions() {
  Function select{.name = "select",
                  .about = "Takes a part of a record or a list.",
                  .infer = infer_select,
                  .call = select_part};
  select.signature.inputs = {
      option("from", "any", {}, "The whole; null has no parts."),
      port("path", "text", "Which part: `field`, `field.other`, `list[0]`, `[-1].field` (from the end)."),
      option("otherwise", "any", {}, "What to give where there is no such part; absent: that is an error.")};
  select.signature.outputs = {port("value", "any", "The part.")};

  Function first{.name = "first",
                 .about = "Gives the first value that is there: that is not null.",
                 .infer = infer_first,
                 .call = first_given};
  first.signature.inputs = {port("values", "list<any>", "The values, the best first.")};
  first.signature.outputs = {port("value", "any", "The first of them that is not null.")};

  Function counted{.name = "count", .about = "Counts the items of a list.", .call = count};
  counted.signature.inputs = {port("items", "list<any>", "The list.")};
  counted.signature.outputs = {port("count", "integer", "How many there are.")};

  Function flat{.name = "flatten",
                .about = "Makes one list of the lists in a list.",
                .infer = infer_flatten,
                .call = flatten};
  flat.signature.inputs = {port("lists", "list<list<any>>", "The lists; items that are null are left out.")};
  flat.signature.outputs = {port("items", "list<any>", "Their items in order.")};

  Function parse{.name = "json", .about = "Reads JSON text.", .call = parse_json};
  parse.signature.inputs = {port("text", "text", "JSON (RFC 8259).")};
  parse.signature.outputs = {port("value", "json", "What it says.")};

  Function write{.name = "json-text", .about = "Writes data as JSON text.", .call = write_json};
  auto indent = option("indent", "integer", 0, "Spaces a level; 0: all on one line.");
  indent.min = 0;
  indent.max = 16;
  write.signature.inputs = {port("value", "json", "Any data without files."), indent};
  write.signature.outputs = {port("text", "text", "JSON (RFC 8259).")};
  return {select, first, counted, flat, parse, write};
}

}  // namespace shoal::functions
