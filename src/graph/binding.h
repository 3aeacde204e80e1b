// What a document gives to an input, an `else` or an output: a literal, a reference, a template, or a
// list or mapping with some of these in it. Plain data, immutable once checked, read by any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/yaml.h"
#include "graph/expression.h"
#include "value/value.h"

namespace shoal::graph {

struct Binding {
  enum class Kind {
    literal,    // `literal`
    reference,  // `reference`
    list,       // of `parts`
    record,     // of `parts` by `names`
    text,       // `parts` as texts, one after the other: a template
  };

  Kind kind = Kind::literal;
  value::Value literal;
  Reference reference;
  std::vector<Binding> parts;
  std::vector<std::string> names;
  Position position;
};

// The value in an environment, about 100 ns and a copy of what is put together. invalid_argument
// names the reference that failed, or a template over 64 MiB.
Result<value::Value> evaluate(Binding const& binding, Environment const& environment);

}  // namespace shoal::graph
