#include "graph/binding_parser.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "graph/problems.h"

namespace shoal::graph {
namespace {

using value::Value;

// A piece of a template that names another input of its step, until resolve_names().
constexpr std::uint32_t kNamed = 0xfffffffd;
// Positions are followed as far as a person writes on one line; it bounds what a hostile text costs.
constexpr std::size_t kFollowed = 1024;
constexpr std::size_t kMostInputs = 1000;

Binding literal(Value value, Position position) {
  Binding binding;
  binding.literal = std::move(value);
  binding.position = position;
  return binding;
}

bool is_literal(Binding const& binding) { return binding.kind == Binding::Kind::literal; }

std::size_t skip_space(std::string_view text, std::size_t offset) {
  while (offset < text.size() && (text[offset] == ' ' || text[offset] == '\t' || text[offset] == '\n'))
    ++offset;
  return offset;
}

}  // namespace

SourceText::SourceText(std::string_view text) : text_(text) {
  if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  line_starts_.push_back(0);
  for (auto end = text_.find('\n'); end != std::string_view::npos; end = text_.find('\n', end + 1)) {
    line_starts_.push_back(end + 1);
  }
}

Place SourceText::place_of(Yaml const& scalar) const {
  auto position = scalar.position();
  auto line = static_cast<std::size_t>(position.line - 1);
  auto column = static_cast<std::size_t>(position.column - 1);
  if (line >= line_starts_.size() || column > kFollowed) return {position, 0};
  auto offset = line_starts_[line];
  for (; column > 0 && offset < text_.size(); --column) next_code_point(text_, offset);
  if (offset < text_.size() && (text_[offset] == '"' || text_[offset] == '\'')) {
    ++offset;
    ++position.column;
  }
  auto written = text_.substr(std::min(offset, text_.size()));
  auto const& text = scalar.text();
  std::size_t same = 0;
  while (same < kFollowed && same < text.size() && same < written.size() && text[same] == written[same])
    ++same;
  return {same == 0 ? scalar.position() : position, same};
}

void BindingParser::problem(Position position, std::string message, std::string hint) {
  add_problem(problems_, position, std::move(message), std::move(hint));
}

Binding BindingParser::parse(Yaml const& node) {
  auto binding = parse_node(node);
  resolve_names(binding, nullptr);
  return binding;
}

Binding BindingParser::parse_inputs(Yaml const& mapping) {
  Binding inputs;
  inputs.kind = Binding::Kind::record;
  inputs.position = mapping.position();
  if (mapping.entries().size() > kMostInputs) {
    problem(mapping.position(),
            "a step takes up to " + std::to_string(kMostInputs) + " inputs, not " +
                std::to_string(mapping.entries().size()),
            "put them into a list or a mapping");
    return inputs;
  }
  inputs.parts.reserve(mapping.entries().size());
  for (auto const& entry : mapping.entries()) {
    inputs.names.push_back(entry.key);
    inputs.parts.push_back(parse_node(entry.value));
  }
  for (auto& part : inputs.parts) resolve_names(part, &inputs);
  return inputs;
}

Binding BindingParser::parse_node(Yaml const& node) {
  switch (node.kind()) {
    case Yaml::Kind::null: return literal(Value(), node.position());
    case Yaml::Kind::boolean: return literal(Value(node.boolean()), node.position());
    case Yaml::Kind::integer: return literal(Value(node.integer()), node.position());
    case Yaml::Kind::number: return literal(Value(node.number()), node.position());
    case Yaml::Kind::string: return parse_text(node);
    case Yaml::Kind::sequence: return parse_list(node);
    case Yaml::Kind::mapping: break;
  }
  return parse_record(node);
}

Binding BindingParser::parse_text(Yaml const& node) {
  std::string_view text = node.text();
  bool has_template = text.find("{{") != std::string_view::npos;
  if (text.empty() || (text.front() != '$' && !has_template)) return literal(Value(text), node.position());
  auto place = source_.place_of(node);
  if (text.starts_with("$$")) {
    // The escape: one `$` less, and positions one further.
    text.remove_prefix(1);
    if (place.exact > 0) place = {{place.position.line, place.position.column + 1}, place.exact - 1};
  } else if (auto reference = parse_reference(text, place)) {
    Binding binding;
    binding.kind = Binding::Kind::reference;
    binding.reference = std::move(*reference);
    binding.position = place.position;
    return binding;
  } else if (text.size() > 1 && is_name(text.substr(1, 1)) && text.front() == '$') {
    problem(place.position, "a text that begins with `$` and a name must be a reference from end to end",
            "write `{{ $name }}` inside a text, or `$$` for a plain `$`");
    return literal(Value(), node.position());
  }
  return has_template ? parse_template(text, place) : literal(Value(text), node.position());
}

Binding BindingParser::parse_list(Yaml const& node) {
  Binding list;
  list.kind = Binding::Kind::list;
  list.position = node.position();
  list.parts.reserve(node.items().size());
  for (auto const& item : node.items()) list.parts.push_back(parse_node(item));
  if (!std::all_of(list.parts.begin(), list.parts.end(), is_literal)) return list;
  Value::List items;
  items.reserve(list.parts.size());
  for (auto& part : list.parts) items.push_back(std::move(part.literal));
  return literal(Value(std::move(items)), node.position());
}

Binding BindingParser::parse_record(Yaml const& node) {
  Binding record;
  record.kind = Binding::Kind::record;
  record.position = node.position();
  record.parts.reserve(node.entries().size());
  for (auto const& entry : node.entries()) {
    if (entry.key.starts_with('$')) {
      problem(entry.key_position, "a field cannot be called `" + printable(entry.key) + "`",
              "a file reaches a pipeline by one of its inputs");
    }
    record.names.push_back(entry.key);
    record.parts.push_back(parse_node(entry.value));
  }
  if (!std::all_of(record.parts.begin(), record.parts.end(), is_literal)) return record;
  Value::Record fields;
  fields.reserve(record.parts.size());
  for (std::size_t i = 0; i < record.parts.size(); ++i) {
    fields.emplace_back(std::move(record.names[i]), std::move(record.parts[i].literal));
  }
  return literal(Value(std::move(fields)), node.position());
}

Binding BindingParser::parse_template(std::string_view text, Place const& place) {
  Binding binding;
  binding.kind = Binding::Kind::text;
  binding.position = place.position;
  std::size_t offset = 0;
  while (offset < text.size()) {
    auto open = std::min(text.find("{{", offset), text.size());
    if (open > offset)
      binding.parts.push_back(literal(Value(text.substr(offset, open - offset)), place.position));
    offset = open;
    if (offset < text.size()) binding.parts.push_back(parse_placeholder(text, offset, place));
  }
  return binding;
}

// One `{{ … }}` at `offset`, which moves behind it.
Binding BindingParser::parse_placeholder(std::string_view text, std::size_t& offset, Place const& place) {
  auto position = place.at(text, offset);
  Binding piece = literal(Value(), position);
  auto at = skip_space(text, offset + 2);
  if (at < text.size() && (text[at] == '"' || text[at] == '\'')) {
    auto end = text.find(text[at], at + 1);
    if (end != std::string_view::npos) piece.literal = Value(text.substr(at + 1, end - at - 1));
    at = end == std::string_view::npos ? at : end + 1;
  } else {
    bool named = !text.substr(at).starts_with('$');
    auto reference_position = place.at(text, at);
    if (!named) ++at;
    if (auto reference = scan_reference(text, at)) {
      piece.kind = Binding::Kind::reference;
      piece.reference = std::move(*reference);
      piece.reference.position = piece.position = reference_position;
      if (named) piece.reference.slot = kNamed;
    }
  }
  at = skip_space(text, at);
  bool whole = piece.kind == Binding::Kind::reference || piece.literal.is_text();
  if (whole && text.substr(at).starts_with("}}")) {
    offset = at + 2;
    return piece;
  }
  problem(position, "`{{` must be followed by an input's name or a reference, and `}}`",
          "`{{ \"{{\" }}` gives the braces themselves");
  offset = text.size();
  return literal(Value(), position);
}

// Puts what the other inputs are given in the place of their names. Recursion is as deep as the document.
void BindingParser::resolve_names(Binding& binding, Binding const* inputs) {
  for (auto& part : binding.parts) {
    bool named = part.kind == Binding::Kind::reference && part.reference.slot == kNamed;
    if (named) {
      part = find_named(part, inputs);
    } else {
      resolve_names(part, inputs);
    }
  }
}

Binding BindingParser::find_named(Binding const& piece, Binding const* inputs) {
  auto const& [name, path, position, slot] = piece.reference;
  auto nothing = literal(Value(), position);
  if (inputs == nullptr) {
    problem(position, "`" + name + "` has no meaning in this template", "write `{{ $" + name + " }}`");
    return nothing;
  }
  auto found = std::find(inputs->names.begin(), inputs->names.end(), name);
  if (found == inputs->names.end()) {
    auto hint = propose(problems_, name, inputs->names);
    problem(position, "`with` has no entry `" + name + "` for this template",
            hint.empty() ? "write `{{ $" + name + " }}` for a step or an input of the pipeline" : hint);
    return nothing;
  }
  auto const& entry = inputs->parts[static_cast<std::size_t>(found - inputs->names.begin())];
  if (entry.kind == Binding::Kind::literal) {
    // What the path leads to inside a literal is known already.
    auto value = evaluate(Reference{name, path, position, kItem}, Environment{{}, &entry.literal});
    if (value) return literal(std::move(*value), position);
    problem(position, value.error().message());
    return nothing;
  }
  if (entry.kind == Binding::Kind::reference && entry.reference.path.size() + path.size() <= kMaxDepth) {
    auto result = entry;
    result.reference.path.insert(result.reference.path.end(), path.begin(), path.end());
    result.position = result.reference.position = position;
    return result;
  }
  problem(position, "`" + name + "` is put together itself, and cannot stand in a template",
          "a template can name literals and references");
  return nothing;
}

}  // namespace shoal::graph
