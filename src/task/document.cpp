// Task documents as they are written.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "graph/expression.h"
#include "graph/head.h"
#include "graph/migration.h"
#include "graph/problems.h"
#include "task/task.h"
#include "value/json.h"

namespace shoal::task {
namespace {

using value::Value;

std::vector<std::string> const kDocumentKeys = {"shoal",   "task",   "about",  "inputs",
                                                "outputs", "ladder", "checks", "examples"};
std::vector<std::string> const kLaterDocumentKeys = {"unit", "route", "start", "policy", "doubt"};
std::vector<std::string> const kRungKeys = {"use", "with"};
std::vector<std::string> const kLaterRungKeys = {"policy", "prompt", "schema", "timeout"};

bool is_among(std::string_view name, std::vector<std::string> const& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class TaskReader {
 public:
  explicit TaskReader(Task& task) : task_(task) {}

  void read(Yaml const& root) {
    graph::check_version(root, task_.problems);
    for (auto const& entry : root.entries()) read_key(entry);
    if (root.find("task") == nullptr)
      problem({1, 1}, "the name of the task is missing", "write `task: NAME`");
    if (root.find("outputs") == nullptr)
      problem({1, 1}, "`outputs` are missing", "for example `outputs: {text: text}`");
    if (root.find("ladder") == nullptr)
      problem({1, 1}, "the ladder is missing", "for example `ladder: [{use: NAME}]`");
  }

 private:
  void problem(Position position, std::string message, std::string hint = {}) {
    graph::add_problem(task_.problems, position, std::move(message), std::move(hint));
  }

  // A key that a table of known ones lacks: one of a later version, or a slip of the pen.
  void report_key(Yaml::Entry const& entry, std::string const& of, std::vector<std::string> const& known,
                  std::vector<std::string> const& later) {
    if (is_among(entry.key, later)) {
      return problem(entry.key_position, quoted(entry.key) + " is not supported by this version of shoal",
                     "leave it out");
    }
    problem(entry.key_position, quoted(entry.key) + " is no key of " + of,
            graph::propose(task_.problems, entry.key, known));
  }

  void read_key(Yaml::Entry const& entry) {
    auto const& [key, position, node] = entry;
    if (key == "shoal") return;  // check_version() has read it
    if (key == "task") return read_name(node);
    if (key == "about") return void(task_.about = graph::read_about(node, task_.problems));
    if (key == "inputs") return void(task_.signature.inputs = value::parse_ports(node, task_.problems));
    if (key == "outputs") return read_outputs(node);
    if (key == "ladder") return read_ladder(node);
    if (key == "checks") return read_checks(node);
    if (key == "examples") return read_examples(node);
    report_key(entry, "a task", kDocumentKeys, kLaterDocumentKeys);
  }

  void read_name(Yaml const& node) {
    task_.name = node.text();
    if (node.is_scalar() && graph::is_name(task_.name)) return;
    problem(node.position(), quoted(task_.name) + " cannot be the name of a task",
            "use letters, digits, `_` and `-`, a letter first");
  }

  void read_outputs(Yaml const& node) {
    task_.signature.outputs = value::parse_ports(node, task_.problems);
    if (node.is_null() || (node.is_mapping() && node.entries().empty())) {
      problem(node.position(), "a task has at least one output", "for example `{text: text}`");
    }
  }

  // A file beside the document: what `shoal fit` measures on.
  void read_examples(Yaml const& node) {
    if (!node.is_string() || node.text().empty())
      problem(node.position(), "`examples` must be the name of a file");
  }

  // The ladder

  void read_ladder(Yaml const& node) {
    if (!node.is_sequence() || node.items().empty()) {
      return problem(node.position(), "`ladder` must be a list of rungs, the smallest first",
                     "for example `[{use: NAME}]`");
    }
    for (auto const& item : node.items()) read_rung(item);
  }

  void read_rung(Yaml const& node) {
    auto& rung = task_.ladder.emplace_back();
    rung.position = node.position();
    rung.with = Value::record();
    if (!node.is_mapping())
      return problem(node.position(), "a rung must be a mapping", "write `{use: NAME}`");
    for (auto const& entry : node.entries()) read_rung_key(entry, rung);
    if (node.find("use") == nullptr)
      problem(node.position(), "the rung does not say what it uses", "add `use: NAME`");
  }

  void read_rung_key(Yaml::Entry const& entry, Rung& rung) {
    auto const& [key, position, node] = entry;
    if (key == "use") return read_use(node, rung);
    if (key == "with") return read_with(node, rung);
    report_key(entry, "a rung", kRungKeys, kLaterRungKeys);
  }

  void read_use(Yaml const& node, Rung& rung) {
    rung.position = node.position();
    rung.use = node.text();
    if (node.is_string() && !rung.use.empty()) return;
    rung.use.clear();
    problem(node.position(), "`use` must name an operation, a function, a task or a pipeline");
  }

  void read_with(Yaml const& node, Rung& rung) {
    if (node.is_null()) return;
    if (!node.is_mapping()) return problem(node.position(), "`with` must be a mapping of inputs to values");
    refuse_references(node);
    auto value = value::from_json(node.to_json());
    if (!value) return problem(node.position(), value.error().message());
    rung.with = std::move(*value);
  }

  // In a pipeline `$name` would be a reference: not to be taken for a text here.
  void refuse_references(Yaml const& node) {
    auto const& text = node.text();
    if (node.is_string() && text.size() > 1 && text[0] == '$' &&
        graph::is_name(std::string_view(text).substr(1, 1))) {
      problem(node.position(), quoted(text) + ": a rung's `with` has literals, no references",
              "an input of the task reaches the rung's input of the same name by itself");
    }
    for (auto const& item : node.items()) refuse_references(item);
    for (auto const& entry : node.entries()) refuse_references(entry.value);
  }

  // The checks

  void read_checks(Yaml const& node) {
    if (node.is_null()) return;
    if (!node.is_sequence())
      return problem(node.position(), "`checks` must be a list", "for example `[not_empty]`");
    for (auto const& item : node.items()) read_check(item);
  }

  void read_check(Yaml const& node) {
    if (node.is_string()) return task_.checks.push_back({node.text(), {}, node.position()});
    if (!node.is_mapping() || node.entries().size() != 1) {
      return problem(node.position(), "a check is a name, or a name with its parameters",
                     "`not_empty` or `edit_ratio: {max: 0.3}`");
    }
    auto const& [name, position, parameters] = node.entries().front();
    auto value = value::from_json(parameters.to_json());
    if (!value) return problem(parameters.position(), value.error().message());
    task_.checks.push_back({name, std::move(*value), position});
  }

  Task& task_;
};

}  // namespace

Result<Task> parse(std::string_view text, std::string_view file) {
  auto root = TRY(Yaml::parse(text, file));
  if (!root.is_mapping()) {
    return to_error({{root.position(), "a task is a mapping, not a " + std::string(root.kind_name()),
                      "begin with `shoal: 1`"}},
                    file);
  }
  if (auto const newer = TRY(graph::migrate(text, file, root))) root = TRY(Yaml::parse(*newer, file));
  Task task;
  task.file = file;
  TaskReader(task).read(root);
  return task;
}

}  // namespace shoal::task
