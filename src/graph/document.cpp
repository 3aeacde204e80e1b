#include "graph/document.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/text.h"
#include "graph/binding_parser.h"
#include "graph/head.h"
#include "graph/migration.h"
#include "graph/problems.h"

namespace shoal::graph {
namespace {

constexpr std::int64_t kMostRetries = 100;
constexpr std::int64_t kMostTurns = 10'000;
constexpr double kLongestTimeoutSeconds = 30 * 86400.0;

std::vector<std::string> const kDocumentKeys = {"shoal", "pipeline", "about", "inputs",
                                                "steps", "outputs",  "layout"};
std::vector<std::string> const kStepKeys = {"use",    "with",     "each",  "as",      "when",  "else",
                                            "repeat", "on_error", "retry", "timeout", "cache", "needs"};
std::vector<std::string> const kStandInKeys = {"use", "with"};
std::vector<std::string> const kLoopKeys = {"while", "at_most", "carry"};

// Letters, digits and `.`, `_`, `-`: what can be a file's name and a word of a command line.
bool is_document_name(std::string_view text) {
  auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  if (text.empty() || text.size() > kMaxNameBytes || text.front() == '.' || text.front() == '-') return false;
  return std::all_of(text.begin(), text.end(), is_part);
}

class DocumentReader {
 public:
  DocumentReader(std::string_view text, Parsed& parsed)
      : source_(text), parsed_(parsed), bindings_(source_, parsed.problems) {}

  void read(Yaml const& root) {
    check_version(root, parsed_.problems);
    for (auto const& entry : root.entries()) read_key(entry);
    if (root.find("pipeline") == nullptr) {
      problem({1, 1}, "the name of the pipeline is missing", "write `pipeline: NAME`");
    }
    if (root.find("steps") == nullptr)
      problem({1, 1}, "`steps` are missing", "write `steps:` and a mapping of steps");
  }

 private:
  void problem(Position position, std::string message, std::string hint = {}) {
    add_problem(parsed_.problems, position, std::move(message), std::move(hint));
  }

  void read_key(Yaml::Entry const& entry) {
    auto const& [key, position, node] = entry;
    if (key == "shoal") return;  // check_version() has read it
    if (key == "pipeline") return read_name(node);
    if (key == "about") return void(parsed_.about = read_about(node, parsed_.problems));
    if (key == "inputs") return read_inputs(node);
    if (key == "steps") return read_steps(node);
    if (key == "outputs") return read_outputs(node);
    if (key == "layout") return;  // the editor's
    problem(position, quoted(key) + " is no key of a pipeline",
            propose_or_list(parsed_.problems, key, kDocumentKeys));
  }

  void read_name(Yaml const& node) {
    parsed_.name = node.text();
    if (is_document_name(parsed_.name)) return;
    problem(node.position(), quoted(parsed_.name) + " cannot be the name of a pipeline",
            "use letters, digits, `.`, `_` and `-`, not beginning with `.` or `-`");
  }

  // An input with a name that no reference can have is a problem of parse_ports().
  void read_inputs(Yaml const& node) { parsed_.inputs = value::parse_ports(node, parsed_.problems); }

  void read_steps(Yaml const& node) {
    if (node.is_null()) return;
    if (!node.is_mapping())
      return problem(node.position(),
                     "`steps` must be a mapping of names to steps, not a " + std::string(node.kind_name()));
    parsed_.steps.reserve(node.entries().size());
    for (auto const& entry : node.entries()) read_step(entry);
  }

  void read_outputs(Yaml const& node) {
    if (node.is_null()) return;
    if (!node.is_mapping()) {
      return problem(node.position(), "`outputs` must be a mapping of names to values",
                     "for example `text: $step`");
    }
    for (auto const& entry : node.entries()) {
      require_name(entry, "an output");
      parsed_.outputs.push_back({entry.key, entry.key_position, bindings_.parse(entry.value)});
    }
  }

  void require_name(Yaml::Entry const& entry, std::string const& what) {
    if (is_name(entry.key)) return;
    problem(entry.key_position, quoted(entry.key) + " cannot be the name of " + what,
            "use letters, digits, `_` and `-`, a letter first");
  }

  void read_step(Yaml::Entry const& entry) {
    require_name(entry, "a step");
    auto& step = parsed_.steps.emplace_back();
    step.id = entry.key;
    step.position = step.use_position = entry.key_position;
    step.with.kind = Binding::Kind::record;
    step.with.position = entry.key_position;
    if (!entry.value.is_mapping()) {
      return problem(entry.value.position(), "step " + quoted(step.id) + " must be a mapping",
                     "write `{use: NAME}`");
    }
    for (auto const& part : entry.value.entries()) read_step_key(part, step);
    require_use(entry.value, step);
    if (step.otherwise && !step.when) {
      problem(step.otherwise->position, "`else` without `when` in step " + quoted(step.id), "add `when:`");
    }
    if (entry.value.find("as") != nullptr && !step.each) {
      problem(step.item_position, "`as` without `each` in step " + quoted(step.id), "add `each:`");
    }
    if (step.repeat && step.each) {
      problem(step.repeat->position, "step " + quoted(step.id) + " has both `each` and `repeat`",
              "put the loop into a pipeline of its own, and use that with `each`");
    }
  }

  void require_use(Yaml const& node, ParsedStep const& step) {
    if (node.find("use") != nullptr) return;
    problem(step.position, "step " + quoted(step.id) + " does not say what it uses", "add `use: NAME`");
  }

  void read_step_key(Yaml::Entry const& entry, ParsedStep& step) {
    auto const& [key, position, node] = entry;
    if (key == "use") return read_use(node, step);
    if (key == "with") return read_inputs_of_step(entry, step.with, step.with_positions);
    if (key == "each") return void(step.each = bindings_.parse(node));
    if (key == "as") return read_item_name(node, step);
    if (key == "when") return read_when(node, step);
    if (key == "else") return void(step.otherwise = bindings_.parse(node));
    if (key == "repeat") return read_repeat(entry, step);
    if (key == "on_error") return read_on_error(node, step);
    if (key == "retry") return read_retry(node, step);
    if (key == "timeout") return read_timeout(node, step);
    if (key == "cache") return read_cache(node, step);
    if (key == "needs") return read_needs(entry, step);
    problem(position, quoted(key) + " is no key of a step",
            propose_or_list(parsed_.problems, key, kStepKeys));
  }

  void read_use(Yaml const& node, ParsedUse& call) {
    call.use = node.text();
    call.use_position = node.position();
    if (!node.is_string() || call.use.empty()) {
      problem(node.position(), "`use` must name an operation, a function, a task or a pipeline");
    }
  }

  void read_inputs_of_step(Yaml::Entry const& entry, Binding& inputs, std::vector<Position>& positions) {
    auto const& node = entry.value;
    if (node.is_null()) return;
    if (!node.is_mapping()) {
      return problem(node.position(), "`" + entry.key + "` must be a mapping of inputs to values",
                     "for example `{text: $step}`");
    }
    inputs = bindings_.parse_inputs(node);
    for (auto const& part : node.entries()) positions.push_back(part.key_position);
  }

  void read_item_name(Yaml const& node, ParsedStep& step) {
    step.item_position = node.position();
    step.item = node.text();
    if (is_name(step.item)) return;
    problem(node.position(), "`as` must be a name, not " + quoted(step.item),
            "use letters, digits, `_` and `-`, a letter first");
  }

  void read_when(Yaml const& node, ParsedStep& step) { step.when = read_condition(node, "when"); }

  // Where it is none, one that is always true: later checks of the step go on as if it had a condition.
  Expression read_condition(Yaml const& node, std::string const& key) {
    std::optional<Expression> condition;
    if (node.is_scalar()) {
      condition = parse_expression(node.text(), source_.place_of(node), parsed_.problems);
    } else {
      problem(node.position(), "`" + key + "` must be an expression", "for example `$page.confidence < 0.9`");
    }
    if (condition) return std::move(*condition);
    return {{{Expression::Op::literal, 0, node.position()}}, {value::Value(true)}, {}, node.position()};
  }

  void read_repeat(Yaml::Entry const& entry, ParsedStep& step) {
    auto& loop = step.repeat.emplace();
    loop.position = loop.carry.position = entry.key_position;
    loop.carry.kind = Binding::Kind::record;
    if (!entry.value.is_mapping()) {
      return problem(entry.value.position(), "`repeat` must be a mapping",
                     "for example `{while: not $" + step.id + ".done, at_most: 5}`");
    }
    for (auto const& part : entry.value.entries()) read_loop_key(part, loop);
    if (entry.value.find("while") == nullptr) {
      problem(loop.position, "`repeat` of step " + quoted(step.id) + " does not say how long",
              "add `while: EXPRESSION`");
    }
    if (entry.value.find("at_most") == nullptr) {
      problem(loop.position, "`repeat` of step " + quoted(step.id) + " has no bound", "add `at_most: N`");
    }
  }

  void read_loop_key(Yaml::Entry const& entry, ParsedLoop& loop) {
    auto const& [key, position, node] = entry;
    if (key == "while") return void(loop.condition = read_condition(node, "while"));
    if (key == "at_most") return read_at_most(node, loop);
    if (key == "carry") return read_inputs_of_step(entry, loop.carry, loop.carry_positions);
    problem(position, quoted(key) + " is no key of `repeat`",
            propose_or_list(parsed_.problems, key, kLoopKeys));
  }

  void read_at_most(Yaml const& node, ParsedLoop& loop) {
    if (node.kind() != Yaml::Kind::integer || node.integer() < 1 || node.integer() > kMostTurns) {
      return problem(node.position(), "`at_most` is a number of turns from 1 to " +
                                          std::to_string(kMostTurns) + ", not " + quoted(node.text()));
    }
    loop.at_most = static_cast<int>(node.integer());
  }

  void read_on_error(Yaml const& node, ParsedStep& step) {
    if (node.is_mapping()) return read_stand_in(node, step);
    if (node.text() == "skip") {
      step.on_error = OnError::skip;
    } else if (node.text() != "fail") {
      problem(node.position(), "`on_error` is `fail`, `skip` or `{use: NAME}`, not " + quoted(node.text()));
    }
  }

  void read_stand_in(Yaml const& node, ParsedStep& step) {
    step.on_error = OnError::stand_in;
    auto& stand_in = step.stand_in.emplace();
    stand_in.use_position = stand_in.with.position = node.position();
    stand_in.with.kind = Binding::Kind::record;
    for (auto const& entry : node.entries()) {
      if (entry.key == "use") {
        read_use(entry.value, stand_in);
      } else if (entry.key == "with") {
        read_inputs_of_step(entry, stand_in.with, stand_in.with_positions);
      } else {
        problem(entry.key_position, quoted(entry.key) + " is no key of `on_error`",
                propose_or_list(parsed_.problems, entry.key, kStandInKeys));
      }
    }
    if (node.find("use") != nullptr) return;
    problem(node.position(), "`on_error` of step " + quoted(step.id) + " does not say what it uses",
            "add `use: NAME`, or write `on_error: skip`");
  }

  void read_retry(Yaml const& node, ParsedStep& step) {
    if (node.kind() != Yaml::Kind::integer || node.integer() < 0 || node.integer() > kMostRetries) {
      return problem(node.position(), "`retry` is a number of tries from 0 to " +
                                          std::to_string(kMostRetries) + ", not " + quoted(node.text()));
    }
    step.retry = static_cast<int>(node.integer());
  }

  void read_timeout(Yaml const& node, ParsedStep& step) {
    auto limit = parse_seconds(node.text());
    if (!limit || !(*limit > 0 && *limit <= kLongestTimeoutSeconds)) {
      return problem(node.position(),
                     "`timeout` is a time over 0 and up to 30 days with its unit, not " + quoted(node.text()),
                     "for example `30s` or `5m`");
    }
    step.timeout = from_seconds(*limit);
  }

  void read_cache(Yaml const& node, ParsedStep& step) {
    step.cache = node.text() != "off";
    if (node.text() != "on" && node.text() != "off") {
      problem(node.position(), "`cache` is `on` or `off`, not " + quoted(node.text()));
    }
  }

  void read_needs(Yaml::Entry const& entry, ParsedStep& step) {
    step.needs_position = entry.key_position;
    if (!entry.value.is_mapping()) {
      return problem(entry.value.position(), "`needs` must be a mapping", "for example `{memory: 2GiB}`");
    }
    for (auto const& part : entry.value.entries()) {
      if (part.key != "memory") {
        problem(part.key_position, quoted(part.key) + " is nothing that a step can need",
                propose_or_list(parsed_.problems, part.key, {"memory"}));
        continue;
      }
      auto bytes = parse_bytes(part.value.text());
      if (!bytes || *bytes == 0) {
        problem(part.value.position(), "`memory` is a size over 0, not " + quoted(part.value.text()),
                "for example `2GiB` or `500MB`");
      }
      step.memory = bytes.value_or(0);
    }
  }

  SourceText source_;
  Parsed& parsed_;
  BindingParser bindings_;
};

}  // namespace

Result<Parsed> parse(std::string_view text, std::string_view file) {
  auto root = TRY(Yaml::parse(text, file));
  if (!root.is_mapping()) {
    return to_error(
        {{{1, 1}, "a pipeline is a mapping, not " + std::string(root.kind_name()), "begin with `shoal: 1`"}},
        file);
  }
  auto const newer = TRY(migrate(text, file, root));
  if (newer) root = TRY(Yaml::parse(*newer, file));
  Parsed parsed;
  parsed.file = file;
  DocumentReader(newer ? std::string_view(*newer) : text, parsed).read(root);
  return parsed;
}

std::vector<std::string> uses(Parsed const& parsed) {
  std::vector<std::string> names;
  std::unordered_set<std::string_view> seen;
  auto add = [&](ParsedUse const& call) {
    if (!call.use.empty() && seen.insert(call.use).second) names.push_back(call.use);
  };
  for (auto const& step : parsed.steps) {
    add(step);
    if (step.stand_in) add(*step.stand_in);
  }
  return names;
}

}  // namespace shoal::graph
