// Tasks: a contract (typed inputs and outputs, checks) and a ladder of ways to fulfil it, smallest first.
// Documents from text to a checked task; nothing here runs a rung. Plain data; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/yaml.h"
#include "graph/catalog.h"
#include "task/checks.h"
#include "value/signature.h"

namespace shoal::task {

// One way to do the task: anything callable. It gets those of the task's inputs that it has ports for, and
// `with`, which wins; it must give the task's outputs (more are dropped).
struct Rung {
  std::string use;
  Position position;
  value::Value with;  // a record of literals
};

struct Task {
  std::string file;
  std::string name;
  std::string about;
  value::Signature signature;
  std::vector<Rung> ladder;
  std::vector<CheckSpec> checks;  // in the order of the document
  std::vector<Problem> problems;  // of parse(); empty after check()
};

// An error only where `text` is no YAML mapping; all else that is wrong is in `problems`, which check()
// reports with its own.
Result<Task> parse(std::string_view text, std::string_view file);

// All problems at once, "file:line:column: …": unknown rungs (with the nearest name), ports that do not fit,
// unknown checks and arguments. not_found where all that is wrong are models that are not in the store.
struct Checked {
  Task task;
  std::vector<graph::Callable> callables;  // of the rungs, in order
};
Result<Checked> check(Task parsed, graph::Callables const& callables);

// The checked task as something that steps of pipelines and rungs of other tasks can use.
graph::Callable callable_of(Checked const& checked);

}  // namespace shoal::task
