// A pipeline document as it is written, before anything is known about what its names mean.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/yaml.h"
#include "graph/binding.h"
#include "graph/expression.h"
#include "value/signature.h"

namespace shoal::graph {

enum class OnError { fail, skip };

struct ParsedStep {
  std::string id;
  Position position;
  std::string use;
  Position use_position;
  Binding with;                          // a record
  std::vector<Position> with_positions;  // of its keys
  std::optional<Binding> each;
  std::string item = "item";  // `as:`
  Position item_position;
  std::optional<Expression> when;
  std::optional<Binding> otherwise;  // `else:`
  OnError on_error = OnError::fail;
  int retry = 0;
  std::optional<Duration> timeout;
  bool cache = true;
};

struct ParsedOutput {
  std::string name;
  Position position;
  Binding binding;
};

struct Parsed {
  std::string file;
  std::string name;
  std::string about;
  std::vector<value::Port> inputs;
  std::vector<ParsedStep> steps;
  std::vector<ParsedOutput> outputs;
  std::vector<Problem> problems;  // check() reports them with its own
};

// An error only where `text` is no YAML mapping; all else that is wrong is in `problems`.
Result<Parsed> parse(std::string_view text, std::string_view file);

// The names that its steps use, each once, in the order of the document.
std::vector<std::string> uses(Parsed const& parsed);

}  // namespace shoal::graph
