// A pipeline document as it is written, before anything is known about what its names mean.
#pragma once

#include <cstdint>
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

enum class OnError { fail, skip, stand_in };

// What is called, and with what.
struct ParsedUse {
  std::string use;
  Position use_position;
  Binding with;                          // a record
  std::vector<Position> with_positions;  // of its keys
};

// `repeat:`. Its expressions read the outputs of the last turn by the name of the step.
struct ParsedLoop {
  Position position;
  std::optional<Expression> condition;  // `while:`; always there in a checked document
  int at_most = 0;                      // turns
  Binding carry;                        // a record: inputs of the next turn
  std::vector<Position> carry_positions;
};

struct ParsedStep : ParsedUse {
  std::string id;
  Position position;
  std::optional<Binding> each;
  std::string item = "item";  // `as:`
  Position item_position;
  std::optional<Expression> when;
  std::optional<Binding> otherwise;  // `else:`
  std::optional<ParsedLoop> repeat;
  OnError on_error = OnError::fail;
  std::optional<ParsedUse> stand_in;  // with OnError::stand_in
  int retry = 0;
  std::optional<Duration> timeout;
  bool cache = true;
  std::uint64_t memory = 0;  // of `needs:`, bytes
  Position needs_position;
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
