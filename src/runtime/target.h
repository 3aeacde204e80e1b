// What a name means once everything it needs is found: ready to be run. Immutable and shared: a plan serves
// any number of runs, and the library may forget it while one still runs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "functions/functions.h"
#include "graph/plan.h"
#include "host/host.h"
#include "host/manifest.h"
#include "task/task.h"

namespace shoal::runtime {

struct LinkedPipeline;
struct LinkedTask;

struct OperationTarget {
  host::Manifest const* engine = nullptr;  // the host's, which outlives all targets
  host::Operation const* operation = nullptr;
  std::optional<host::ModelSpec> model;  // of an engine that takes model files
  std::string model_hash;                // of its content and options
  // Of an engine that takes folders: where they lie. Of one that keeps files: the model's own.
  std::string folder;
};

struct FunctionTarget {
  functions::Function const* function = nullptr;  // of the table of functions
};

struct Target {
  std::string name;  // canonical
  std::variant<OperationTarget, FunctionTarget, std::shared_ptr<LinkedPipeline const>,
               std::shared_ptr<LinkedTask const>>
      what;

  value::Signature const& signature() const;
};

struct LinkedPipeline {
  graph::Plan plan;
  std::vector<Target> callables;  // as plan.callables
};

struct LinkedTask {
  task::Task task;
  std::vector<Target> rungs;  // as task.ladder
};

}  // namespace shoal::runtime
