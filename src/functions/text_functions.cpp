// split, join and template.
#include <string>

#include "base/text.h"
#include "functions/groups.h"
#include "value/json.h"

namespace shoal::functions {
namespace {

using value::Value;

// A text that a few steps of joining could otherwise double without end.
constexpr std::size_t kMaxText = 64 << 20;
// Bounds the work where braces are many and close nowhere near.
constexpr std::size_t kLongestName = 256;

Error too_long() {
  return Error(Code::invalid_argument, "the text would be longer than 64 MiB; make it of less");
}

Value::List characters(std::string const& text) {
  Value::List parts;
  for (std::size_t at = 0; at < text.size();) {
    auto begin = at;
    next_code_point(text, at);
    parts.emplace_back(std::string_view(text).substr(begin, at - begin));
  }
  return parts;
}

Result<Value> split_text(Value const& inputs) {
  auto const& text = inputs["text"].as_text();
  auto const& separator = inputs["separator"].as_text();
  if (separator.empty()) return Value::record({{"parts", characters(text)}});
  Value::List parts;
  std::size_t begin = 0;
  for (auto end = text.find(separator); end != std::string::npos; end = text.find(separator, begin)) {
    parts.emplace_back(std::string_view(text).substr(begin, end - begin));
    begin = end + separator.size();
  }
  parts.emplace_back(std::string_view(text).substr(begin));
  return Value::record({{"parts", std::move(parts)}});
}

Result<Value> join_texts(Value const& inputs) {
  auto const& separator = inputs["separator"].as_text();
  std::string text;
  bool first = true;
  for (auto const& part : inputs["texts"].as_list()) {
    if (part.is_null()) continue;
    if (!first) text += separator;
    first = false;
    text += part.as_text();
    if (text.size() > kMaxText) return too_long();
  }
  return Value::record({{"text", std::move(text)}});
}

// A text as it is, nothing for null, anything else as JSON.
std::string shown(Value const& value) {
  if (value.is_text()) return value.as_text();
  return value.is_null() ? std::string() : value::to_json(value).dump();
}

// The input that `path` ("name" or "name.field.field") names, or nullptr.
Value const* look_up(Value const& inputs, std::string_view path) {
  Value const* at = &inputs;
  for (auto name : split(path, '.')) {
    if (!at->contains(name) || (at == &inputs && name == "template")) return nullptr;
    at = &(*at)[name];
  }
  return at;
}

// What names no input stays as it is: pipelines fill the templates in their documents themselves and name
// what is missing there, so that braces which still come here are most likely a document's own.
Result<Value> fill_template(Value const& inputs) {
  std::string_view source = inputs["template"].as_text();
  std::string text;
  std::size_t at = 0;
  for (auto open = source.find("{{"); open != std::string_view::npos; open = source.find("{{", at)) {
    text += source.substr(at, open - at);
    auto name = source.substr(open + 2, kLongestName);
    auto close = name.find("}}");
    auto value = close == std::string_view::npos ? nullptr : look_up(inputs, trim(name.substr(0, close)));
    text += value ? shown(*value) : "{{";
    at = open + 2 + (value ? close + 2 : 0);
    if (text.size() > kMaxText) return too_long();
  }
  text += source.substr(at);
  return Value::record({{"text", std::move(text)}});
}

}  // namespace

std::vector<Function> text_functions() {
  Function split{.name = "split", .about = "Cuts a text at each separator.", .call = split_text};
  split.signature.inputs = {
      port("text", "text", "What to cut."),
      option("separator", "text", "\n", "Where to cut; it is left out. An empty one cuts into characters.")};
  split.signature.outputs = {port("parts", "list<text>", "The parts in order, empty ones too.")};

  Function join{.name = "join", .about = "Makes one text of a list of texts.", .call = join_texts};
  join.signature.inputs = {port("texts", "list<text>", "The texts; items that are null are left out."),
                           option("separator", "text", "\n", "What stands between two texts.")};
  join.signature.outputs = {port("text", "text", "All in one.")};

  Function fill{.name = "template",
                .about = "Puts its other inputs into a text.",
                .open_inputs = true,
                .call = fill_template};
  fill.signature.inputs = {port("template", "text",
                                "`{{ name }}` and `{{ name.field }}` stand for the inputs; what is no text "
                                "is put in as JSON, what names none stays.")};
  fill.signature.outputs = {port("text", "text", "The text, filled in.")};
  return {split, join, fill};
}

}  // namespace shoal::functions
