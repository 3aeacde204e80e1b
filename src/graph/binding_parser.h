// From nodes of a document to bindings: literals, references, templates. Used by document.cpp.
#pragma once

#include <string_view>
#include <vector>

#include "base/yaml.h"
#include "graph/binding.h"
#include "graph/expression.h"

namespace shoal::graph {

// The document as text, to find the column of a part of a scalar. Views `text`.
class SourceText {
 public:
  explicit SourceText(std::string_view text);
  Place place_of(Yaml const& scalar) const;

 private:
  std::string_view text_;
  std::vector<std::size_t> line_starts_;
};

class BindingParser {
 public:
  BindingParser(SourceText const& source, std::vector<Problem>& problems)
      : source_(source), problems_(problems) {}

  // What a node gives. `{{ name }}` is a problem here: only references stand in its templates.
  Binding parse(Yaml const& node);
  // A mapping of inputs, always a record, whose templates may name its other entries.
  Binding parse_inputs(Yaml const& mapping);

 private:
  Binding parse_node(Yaml const& node);
  Binding parse_text(Yaml const& node);
  Binding parse_list(Yaml const& node);
  Binding parse_record(Yaml const& node);
  Binding parse_template(std::string_view text, Place const& place);
  Binding parse_placeholder(std::string_view text, std::size_t& offset, Place const& place);
  void resolve_names(Binding& binding, Binding const* inputs);
  Binding find_named(Binding const& piece, Binding const* inputs);
  void problem(Position position, std::string message, std::string hint = {});

  SourceText const& source_;
  std::vector<Problem>& problems_;
};

}  // namespace shoal::graph
