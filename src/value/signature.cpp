#include "value/signature.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "value/json.h"

namespace shoal::value {
namespace {

std::vector<std::string> const kPortKeys = {"type", "about", "default", "required", "accept",
                                            "min",  "max",   "one_of",  "schema"};

bool is_port_name(std::string_view name) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (name.empty() || !letter(name[0])) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

std::string number_text(double number) {
  bool whole = std::trunc(number) == number && std::abs(number) < 1e15;
  return whole ? std::to_string(static_cast<std::int64_t>(number)) : Json(number).dump();
}

Port const* find_port(std::vector<Port> const& ports, std::string_view name) {
  auto port =
      std::find_if(ports.begin(), ports.end(), [&](auto const& candidate) { return candidate.name == name; });
  return port == ports.end() ? nullptr : &*port;
}

// "image/*" takes every image.
bool accepts(std::vector<std::string> const& accepted, std::string_view media_type) {
  return std::any_of(accepted.begin(), accepted.end(), [&](std::string_view wanted) {
    if (wanted == media_type || wanted == "*/*") return true;
    return wanted.ends_with("/*") && media_type.starts_with(wanted.substr(0, wanted.size() - 1));
  });
}

Error bad_input(Port const& port, std::string const& what) {
  return Error(Code::invalid_argument, "input `" + port.name + "` " + what);
}

Result<void> check_limits(Port const& port, Value const& value) {
  if (value.is_number() && (port.min || port.max)) {
    auto number = value.as_number();
    if (port.min && !(number >= *port.min)) {
      return bad_input(port,
                       "is " + number_text(number) + ", but must be at least " + number_text(*port.min));
    }
    if (port.max && !(number <= *port.max)) {
      return bad_input(port, "is " + number_text(number) + ", but must be at most " + number_text(*port.max));
    }
  }
  if (value.is_text() && !port.one_of.empty() &&
      std::find(port.one_of.begin(), port.one_of.end(), value.as_text()) == port.one_of.end()) {
    return bad_input(port, "is `" + printable(value.as_text()).substr(0, 80) + "`, but must be one of " +
                               join(port.one_of, ", "));
  }
  if (auto blob = value.as_blob();
      blob && !port.accept.empty() && !accepts(port.accept, blob->media_type())) {
    auto name = blob->name().empty() ? std::string("the file") : "`" + printable(blob->name()) + "`";
    return bad_input(port,
                     "takes " + join(port.accept, ", ") + ", but " + name + " is " + blob->media_type());
  }
  return {};
}

Result<void> check_value(Port const& port, Value const& value) {
  TRY(check_port(port, value, port.name).within("wrong input"));
  return check_limits(port, value);
}

// 1 and 1.0 differ in a hash: what goes to a port of numbers is always a number.
Value as_port_value(Port const& port, Value const& value) {
  return port.type.kind() == Type::Kind::number && value.is_integer() ? Value(value.as_number()) : value;
}

Result<void> check_names(std::vector<Port> const& ports, Value const& given) {
  for (auto const& field : given.as_record()) {
    if (find_port(ports, field.first)) continue;
    std::vector<std::string> names;
    names.reserve(ports.size());
    for (auto const& port : ports) names.push_back(port.name);
    auto message = "there is no input `" + printable(field.first) + "`";
    auto proposal = did_you_mean(field.first, names);
    if (proposal.empty()) proposal = names.empty() ? "it takes none" : "the inputs are " + join(names, ", ");
    return Error(Code::invalid_argument, message + "; " + proposal);
  }
  return {};
}

// Reads one port; problems go to the list that was given.
class PortReader {
 public:
  explicit PortReader(std::vector<Problem>& problems) : problems_(problems) {}

  Port read(Yaml::Entry const& entry) {
    Port port;
    port.name = entry.key;
    port.position = entry.key_position;
    if (!is_port_name(entry.key)) {
      problem(entry.key_position, "`" + printable(entry.key) + "` cannot be the name of a port",
              "use letters, digits, `_` and `-`, a letter first");
    }
    if (entry.value.is_mapping()) {
      read_long(entry.value, port);
    } else {
      port.type = read_type(entry.value, port.name);
    }
    return port;
  }

 private:
  void problem(Position position, std::string message, std::string hint = {}) {
    problems_.push_back({position, std::move(message), std::move(hint)});
  }

  Type read_type(Yaml const& node, std::string const& name) {
    if (node.is_mapping()) return read_record(node, name);
    if (!node.is_string()) {
      problem(node.position(), "the type of `" + name + "` must be written as text",
              "for example `text` or `list<page>`");
      return {};
    }
    auto type = Type::parse(node.text());
    if (type) return *type;
    problem(node.position(), type.error().message());
    return {};
  }

  Type read_record(Yaml const& node, std::string const& name) {
    std::vector<Type::Field> fields;
    for (auto const& entry : node.entries())
      fields.emplace_back(entry.key, read_type(entry.value, name + "." + entry.key));
    return Type::record(std::move(fields));
  }

  void read_long(Yaml const& node, Port& port) {
    auto type = node.find("type");
    if (type) {
      port.type = read_type(*type, port.name);
    } else {
      problem(node.position(), "port `" + port.name + "` has no type", "add `type: …`");
    }
    for (auto const& entry : node.entries()) read_key(entry, port);
    // Only now all limits are known.
    if (auto fallback = node.find("default")) read_default(*fallback, port);
  }

  void read_key(Yaml::Entry const& entry, Port& port) {
    auto const& [key, position, node] = entry;
    if (key == "about") {
      port.about = node.text();
    } else if (key == "required") {
      if (node.kind() == Yaml::Kind::boolean) {
        port.required = node.boolean();
      } else {
        problem(node.position(), "`required` must be true or false");
      }
    } else if (key == "accept") {
      read_texts(node, key, port.accept);
    } else if (key == "one_of") {
      read_texts(node, key, port.one_of);
    } else if (key == "min" || key == "max") {
      read_limit(node, key, key == "min" ? port.min : port.max);
    } else if (key == "schema") {
      read_schema(entry, port);
    } else if (key != "type" && key != "default") {
      problem(position, "`" + printable(key) + "` is not known for a port", did_you_mean(key, kPortKeys));
    }
  }

  void read_texts(Yaml const& node, std::string const& key, std::vector<std::string>& out) {
    if (node.is_string()) return out.push_back(node.text());
    if (node.is_sequence() &&
        std::all_of(node.items().begin(), node.items().end(), [](auto& item) { return item.is_scalar(); })) {
      for (auto const& item : node.items()) out.push_back(item.text());
      return;
    }
    problem(node.position(), "`" + key + "` must be a list of texts");
  }

  void read_limit(Yaml const& node, std::string const& key, std::optional<double>& out) {
    if (node.kind() == Yaml::Kind::integer || node.kind() == Yaml::Kind::number) {
      out = node.number();
    } else {
      problem(node.position(), "`" + key + "` must be a number");
    }
  }

  void read_schema(Yaml::Entry const& entry, Port& port) {
    if (port.type.kind() == Type::Kind::json) {
      port.schema = Schema::read(entry.value, problems_);
    } else {
      problem(entry.key_position, "`schema` belongs to a port of type `json`");
    }
  }

  void read_default(Yaml const& node, Port& port) {
    port.required = false;
    if (node.is_null()) return;
    auto value = from_json(node.to_json());
    if (!value) return problem(node.position(), value.error().message());
    port.fallback = as_port_value(port, std::move(value).value());
    auto checked = check_port(port, *port.fallback, "the default of input `" + port.name + "`");
    if (checked) checked = check_limits(port, *port.fallback).within("`default`");
    if (!checked) problem(node.position(), checked.error().message());
  }

  std::vector<Problem>& problems_;
};

}  // namespace

Port const* Signature::input(std::string_view name) const { return find_port(inputs, name); }
Port const* Signature::output(std::string_view name) const { return find_port(outputs, name); }

std::vector<Port> parse_ports(Yaml const& mapping, std::vector<Problem>& problems) {
  std::vector<Port> ports;
  if (mapping.is_null()) return ports;
  if (!mapping.is_mapping()) {
    problems.push_back({mapping.position(), "ports are written as a mapping", "{name: type, …}"});
    return ports;
  }
  PortReader reader(problems);
  for (auto const& entry : mapping.entries()) ports.push_back(reader.read(entry));
  return ports;
}

Result<void> check_port(Port const& port, Value const& value, std::string_view name) {
  TRY(conforms(value, port.type, name));
  return port.schema ? port.schema->check(value, name) : Result<void>();
}

Result<Value> bind_inputs(std::vector<Port> const& ports, Value const& given) {
  if (!given.is_record() && !given.is_null()) {
    return Error(Code::invalid_argument,
                 "inputs are a record by name, not " + std::string(given.kind_name()));
  }
  TRY(check_names(ports, given));
  Value::Record bound;
  bound.reserve(ports.size());
  for (auto const& port : ports) {
    auto const& value = given[port.name];
    if (!value.is_null()) {
      TRY(check_value(port, value));
      bound.emplace_back(port.name, as_port_value(port, value));
    } else if (port.fallback || !port.required) {
      bound.emplace_back(port.name, port.fallback.value_or(Value()));
    } else {
      return Error(Code::invalid_argument,
                   "input `" + port.name + "` (" + port.type.to_string() + ") is missing; give it a value");
    }
  }
  return Value(std::move(bound));
}

}  // namespace shoal::value
