#include "cli/inputs.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>

#include "base/text.h"
#include "cli/render.h"
#include "runtime/files.h"
#include "value/json.h"

namespace shoal::cli {
namespace {

using value::Port;
using value::Type;
using value::Value;

constexpr std::size_t kMostPiped = 256'000'000;

bool is_file(Type const& type) { return type.kind() == Type::Kind::file || type.kind() == Type::Kind::video; }

std::vector<std::string> names_of(std::vector<Port> const& ports) {
  std::vector<std::string> names;
  for (auto const& port : ports) names.push_back(port.name);
  return names;
}

Port const* find_port(std::vector<Port> const& ports, std::string_view name) {
  auto const found =
      std::find_if(ports.begin(), ports.end(), [&](auto const& port) { return port.name == name; });
  return found == ports.end() ? nullptr : &*found;
}

Result<std::string> text_of_file(std::string const& path) {
  auto const blob = TRY(runtime::open_file(path));
  if (auto const at = find_invalid_utf8(blob->bytes())) {
    return Error(Code::invalid_argument,
                 "`" + path + "` is no UTF-8 text (byte " + std::to_string(*at + 1) + ")");
  }
  return std::string(blob->bytes());
}

// JSON with paths where the type wants files.
Result<Value> value_of(Json const& json, Type const& type) {
  if (is_file(type) && json.is_string()) return Value(TRY(runtime::open_file(json.as_string())));
  bool const list = type.kind() == Type::Kind::list || type.kind() == Type::Kind::stream;
  if (list && json.is_array()) {
    Value::List items;
    for (auto const& item : json.as_array()) items.push_back(TRY(value_of(item, type.element())));
    return Value(std::move(items));
  }
  if (type.kind() == Type::Kind::record && json.is_object()) {
    Value::Record fields;
    for (auto const& [name, member] : json.as_object()) {
      auto const* field = type.field(name);
      fields.emplace_back(
          name, field ? TRY(value_of(member, *field)) : TRY(value::from_json(member, runtime::read_files())));
    }
    return Value(std::move(fields));
  }
  return value::from_json(json, runtime::read_files());
}

// A word of the command line, or what was read for it.
class WordReader {
 public:
  WordReader(std::istream* piped, std::stop_token stop) : piped_(piped), stop_(std::move(stop)) {}

  Result<Value> read(std::string const& word, Type const& type) {
    if (is_file(type)) return file(word);
    auto const text = TRY(resolve(word));
    if (type.kind() == Type::Kind::text) return Value(text);
    auto const json = Json::parse(text);
    if (json) return value_of(*json, type);
    if (type.kind() == Type::Kind::any) return Value(text);
    return Error(Code::invalid_argument, "`" + fit_for_message(text) + "` is no " + type.to_string() +
                                             "; write it as JSON (" + std::string(example_of(type)) + ")");
  }

  // All of standard input as text.
  Result<std::string> piped_text() {
    if (!piped_)
      return Error(Code::invalid_argument, "`-` stands for standard input, and nothing is piped into it");
    std::string text;
    std::vector<char> part(1 << 16);
    while (piped_->read(part.data(), static_cast<std::streamsize>(part.size())) || piped_->gcount() > 0) {
      text.append(part.data(), static_cast<std::size_t>(piped_->gcount()));
      if (text.size() <= kMostPiped) continue;
      return Error(Code::invalid_argument,
                   "more than " + human_bytes(kMostPiped) +
                       " come from standard input; give a file that large by its path");
    }
    piped_ = nullptr;
    if (stop_.stop_requested()) return Error(Code::cancelled, "cancelled while reading standard input");
    return text;
  }
  bool has_piped() const { return piped_ != nullptr; }

 private:
  Result<Value> file(std::string const& word) {
    if (word != "-") return Value(TRY(runtime::open_file(word.starts_with('@') ? word.substr(1) : word)));
    auto bytes = TRY(piped_text());
    value::Blob::Facts facts;
    facts.name = "standard input";
    facts.media_type = value::guess_media_type(bytes, "");
    return Value(value::Blob::own(std::move(bytes), std::move(facts)));
  }

  Result<std::string> resolve(std::string const& word) {
    if (word == "-") {
      auto text = TRY(piped_text());
      if (find_invalid_utf8(text)) return Error(Code::invalid_argument, "standard input is no UTF-8 text");
      return text;
    }
    if (word.starts_with("@@")) return word.substr(1);
    if (word.starts_with('@')) return text_of_file(word.substr(1));
    return word;
  }

  static std::string fit_for_message(std::string const& text) {
    return text.size() > 60 ? make_valid_utf8(text.substr(0, 60)) + "…" : text;
  }

  static std::string_view example_of(Type const& type) {
    switch (type.kind()) {
      case Type::Kind::integer: return "3";
      case Type::Kind::number: return "0.5";
      case Type::Kind::boolean: return "true or false";
      case Type::Kind::list:
      case Type::Kind::stream: return "[\"a\", \"b\"]";
      default: return "{\"name\": \"value\"}";
    }
  }

  std::istream* piped_;
  std::stop_token stop_;
};

Error unknown_input(std::vector<Port> const& ports, std::string const& name) {
  auto const names = names_of(ports);
  return Error(Code::invalid_argument, "there is no input `" + name + "`" + suggest(name, names) +
                                           "; the inputs are " +
                                           (names.empty() ? "none" : join(names, ", ")));
}

class Filler {
 public:
  Filler(std::vector<Port> const& ports, bool open_inputs, std::istream* piped, std::stop_token stop)
      : ports_(ports), open_inputs_(open_inputs), reader_(piped, std::move(stop)) {}

  Result<void> named(std::string const& word) {
    auto const equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error(Code::invalid_argument, "`--in " + word + "`: expected name=value or name=@file");
    }
    auto const name = word.substr(0, equals);
    auto const* port = find_port(ports_, name);
    if (!port && !open_inputs_) return unknown_input(ports_, name);
    return put(name, port ? port->type : Type(), word.substr(equals + 1));
  }

  Result<void> positional(std::string const& word) {
    auto const* port = next_required();
    if (!port) port = main_optional();
    if (!port) {
      return Error(Code::invalid_argument,
                   "`" + printable(word) + "` is one input too many; it takes " + usage_of(ports_));
    }
    TRY(require_no_name(word, *port));
    return put(port->name, port->type, word);
  }

  Result<void> rest_from_pipe() {
    if (!reader_.has_piped()) return {};
    auto const* port = next_required();
    if (port ? required_left() != 1 : gives_something()) return {};
    if (!port) port = main_optional();
    if (!port || !(port->type.kind() == Type::Kind::text || is_file(port->type))) return {};
    return put(port->name, port->type, "-");
  }

  Value const& so_far() const { return filled_; }

  Result<Value> finish() {
    if (auto const* port = next_required()) {
      return Error(Code::invalid_argument, "input `" + port->name + "` (" + port->type.to_string() +
                                               ") is missing; it takes " + usage_of(ports_));
    }
    return filled_;
  }

 private:
  // A word like `language=deu` was most likely meant for `--in`.
  Result<void> require_no_name(std::string const& word, Port const& port) const {
    auto const equals = word.find('=');
    if (equals == std::string::npos) return {};
    auto const name = nearest_name(word.substr(0, equals), names_of(ports_));
    std::error_code unknown;
    if (!name || (is_file(port.type) && std::filesystem::exists(word, unknown))) return {};
    return Error(Code::invalid_argument, "`" + printable(word) + "` would be the input `" + port.name +
                                             "`; the input `" + *name + "` is given by `--in " + *name +
                                             "=…`, and this one, if it is meant, by `--in " + port.name +
                                             "=" + printable(word) + "`");
  }
  Result<void> put(std::string const& name, Type const& type, std::string const& word) {
    if (filled_.contains(name)) return Error(Code::invalid_argument, "input `" + name + "` is given twice");
    filled_ = filled_.with(name, TRY(reader_.read(word, type).within("input `" + name + "`")));
    return {};
  }
  bool is_open(Port const& port) const {
    return port.required && !port.fallback && !filled_.contains(port.name);
  }
  Port const* next_required() const {
    auto const found =
        std::find_if(ports_.begin(), ports_.end(), [this](auto const& port) { return is_open(port); });
    return found == ports_.end() ? nullptr : &*found;
  }
  // Where nothing is required, the first text that may be given: what most people mean (`prompt`).
  Port const* main_optional() const {
    bool const any_required = std::any_of(ports_.begin(), ports_.end(),
                                          [](auto const& port) { return port.required && !port.fallback; });
    if (any_required) return nullptr;
    auto const found = std::find_if(ports_.begin(), ports_.end(), [](auto const& port) {
      return port.type.kind() == Type::Kind::text && !port.fallback;
    });
    return found == ports_.end() || filled_.contains(found->name) ? nullptr : &*found;
  }
  // An input without a default is there: what the caller means is said, and nothing is waited for.
  bool gives_something() const {
    return std::any_of(ports_.begin(), ports_.end(),
                       [this](auto const& port) { return !port.fallback && filled_.contains(port.name); });
  }
  std::ptrdiff_t required_left() const {
    return std::count_if(ports_.begin(), ports_.end(), [this](auto const& port) { return is_open(port); });
  }

  std::vector<Port> const& ports_;
  bool open_inputs_;
  WordReader reader_;
  Value filled_ = Value::record();
};

}  // namespace

Result<Value> read_inputs(std::vector<Port> const& ports, bool open_inputs, InputWords const& words) {
  Filler filler(ports, open_inputs, words.piped, words.stop);
  for (auto const& word : words.named) TRY(filler.named(word));
  for (auto const& word : words.positionals) TRY(filler.positional(word));
  TRY(filler.rest_from_pipe());
  return filler.finish();
}

Result<Value> read_named_inputs(std::vector<Port> const& ports, bool open_inputs,
                                std::vector<std::string> const& named) {
  Filler filler(ports, open_inputs, nullptr, {});
  for (auto const& word : named) TRY(filler.named(word));
  return filler.so_far();
}

Result<Value> read_inputs(std::vector<Port> const& ports, Json const& object) {
  if (!object.is_object()) {
    return Error(Code::invalid_argument,
                 "expected an object of inputs, not " + std::string(object.type_name()));
  }
  Value::Record fields;
  for (auto const& [name, json] : object.as_object()) {
    auto const* port = find_port(ports, name);
    fields.emplace_back(name, TRY(value_of(json, port ? port->type : Type()).within("input `" + name + "`")));
  }
  return Value(std::move(fields));
}

std::string usage_of(std::vector<Port> const& ports) {
  std::vector<std::string> required, optional;
  for (auto const& port : ports) {
    if (port.required && !port.fallback) {
      std::string name = port.name;
      std::transform(name.begin(), name.end(), name.begin(),
                     [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
      required.push_back(name);
    } else {
      optional.push_back("[--in " + port.name + "=" + port.type.to_string() + "]");
    }
  }
  required.insert(required.end(), optional.begin(), optional.end());
  return required.empty() ? "no inputs" : join(required, " ");
}

}  // namespace shoal::cli
