// The ports of anything callable: an operation, a function, a task, a pipeline. Read from the same
// YAML in engine manifests, pipelines and tasks:
//   inputs:  {document: {type: file, accept: [application/pdf]}, dpi: {type: integer, default: 300, min: 72}}
//   outputs: {pages: list<page>}
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/yaml.h"
#include "value/schema.h"
#include "value/type.h"
#include "value/value.h"

namespace shoal::value {

// What running it does to the world. In order: what contains several has the last of them.
enum class Effects {
  none,    // the same inputs give the same outputs: may be cached
  reads,   // depends on a state that changes (an index): its generation is part of the cache key
  writes,  // changes the world: runs once per run, never cached
};

struct Port {
  std::string name;
  Type type;
  std::string about;
  bool required = true;                  // false: may be absent, then null
  std::optional<Value> fallback;         // `default:`; makes the port not required
  std::vector<std::string> accept;       // media types of a file; empty: any
  std::optional<double> min, max;        // of an integer or a number
  std::vector<std::string> one_of;       // allowed texts; empty: any
  std::shared_ptr<Schema const> schema;  // of `json`; shared, as ports are copied. nullptr: any
  Position position;
};

struct Signature {
  std::vector<Port> inputs;
  std::vector<Port> outputs;

  Port const* input(std::string_view name) const;
  Port const* output(std::string_view name) const;
};

// Reads a mapping of ports; every problem is added to `problems`, what could be read is returned.
std::vector<Port> parse_ports(Yaml const& mapping, std::vector<Problem>& problems);

// Whether `value` has the port's type and fits its schema; else as conforms(). Null is left to the caller.
Result<void> check_port(Port const& port, Value const& value, std::string_view name = {});

// `given` (a record) with defaults filled in, in port order. invalid_argument names a missing, an
// unknown (with the nearest name) or a mistyped input, a number out of range, a media type that is
// not accepted.
Result<Value> bind_inputs(std::vector<Port> const& ports, Value const& given);

}  // namespace shoal::value
