// A document whose names, types and order are known to be right.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/yaml.h"
#include "graph/catalog.h"
#include "graph/document.h"
#include "value/signature.h"

namespace shoal::graph {

struct CheckedStep {
  ParsedStep step;                          // references resolved; `otherwise` is a record by port
  std::uint32_t callable = 0;               // in Checked::callables
  std::vector<value::Port> ports;           // as others see them; not `required`: may be null
  std::optional<std::uint32_t> stand_in;    // the callable of `on_error`
  std::vector<std::string> stand_in_ports;  // of it, in the places of `ports`
};

struct Checked {
  std::string file;
  std::string name;
  std::string about;
  value::Signature signature;  // an output that may be null is not `required`
  Effects effects = Effects::none;
  std::vector<Callable> callables;
  std::vector<CheckedStep> steps;  // each behind all that it reads
  std::vector<ParsedOutput> outputs;
  std::vector<Problem> warnings;  // what is odd but runs
};

// All problems at once, a line each, as invalid_argument; not_found where all that is wrong are models
// that are not in the store. What null may reach and how types follow stands in docs/pipelines.md.
Result<Checked> check(Parsed parsed, Callables const& callables);

// The checked pipeline as something that steps of others can use.
Callable callable_of(Checked const& checked);

}  // namespace shoal::graph
