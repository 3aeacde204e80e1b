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

// The input that `path` ("name" or "name.field.field") names.
Result<Value const*> look_up(Value const& inputs, std::string_view path) {
  auto names = split(path, '.');
  Value const* at = &inputs;
  for (auto name : names) {
    if (!at->contains(name) || (at == &inputs && name == "template")) {
      std::vector<std::string> known;
      for (auto const& field : at->as_record()) {
        if (at != &inputs || field.first != "template") known.push_back(field.first);
      }
      auto proposal = did_you_mean(name, known);
      if (proposal.empty()) proposal = known.empty() ? "nothing is given" : "there is " + join(known, ", ");
      return Error(Code::invalid_argument, "the template names `" + printable(path) + "`, but there is no `" +
                                               printable(name) + "`; " + proposal);
    }
    at = &(*at)[name];
  }
  return at;
}

Result<Value> fill_template(Value const& inputs) {
  std::string_view source = inputs["template"].as_text();
  std::string text;
  for (std::size_t at = 0;;) {
    auto open = source.find("{{", at);
    text += source.substr(at, open - at);
    if (open == std::string_view::npos) break;
    auto close = source.find("}}", open + 2);
    if (close == std::string_view::npos) {
      return Error(Code::invalid_argument, "the template has `{{` without `}}` after it: `" +
                                               printable(source.substr(open, 40)) + "`");
    }
    text += shown(*TRY(look_up(inputs, trim(source.substr(open + 2, close - open - 2)))));
    if (text.size() > kMaxText) return too_long();
    at = close + 2;
  }
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
  fill.signature.inputs = {
      port("template", "text",
           "`{{ name }}` and `{{ name.field }}` stand for the inputs; what is no text is put in as JSON.")};
  fill.signature.outputs = {port("text", "text", "The text, filled in.")};
  return {split, join, fill};
}

}  // namespace shoal::functions
