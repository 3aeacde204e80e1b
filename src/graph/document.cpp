#include "graph/document.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/text.h"
#include "graph/binding_parser.h"
#include "graph/head.h"
#include "graph/problems.h"

namespace shoal::graph {
namespace {

constexpr std::int64_t kMostRetries = 100;
constexpr double kLongestTimeoutSeconds = 30 * 86400.0;

std::vector<std::string> const kDocumentKeys = {"shoal", "pipeline", "about", "inputs",
                                                "steps", "outputs",  "layout"};
std::vector<std::string> const kStepKeys = {"use",  "with",     "each",  "as",      "when",
                                            "else", "on_error", "retry", "timeout", "cache"};

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
  }

  void require_use(Yaml const& node, ParsedStep const& step) {
    if (node.find("use") != nullptr) return;
    problem(step.position, "step " + quoted(step.id) + " does not say what it uses", "add `use: NAME`");
  }

  void read_step_key(Yaml::Entry const& entry, ParsedStep& step) {
    auto const& [key, position, node] = entry;
    if (key == "use") return read_use(node, step);
    if (key == "with") return read_with(node, step);
    if (key == "each") return void(step.each = bindings_.parse(node));
    if (key == "as") return read_item_name(node, step);
    if (key == "when") return read_when(node, step);
    if (key == "else") return void(step.otherwise = bindings_.parse(node));
    if (key == "on_error") return read_on_error(node, step);
    if (key == "retry") return read_retry(node, step);
    if (key == "timeout") return read_timeout(node, step);
    if (key == "cache") return read_cache(node, step);
    if (key == "repeat" || key == "needs") return unsupported(position, "`" + key + "`");
    problem(position, quoted(key) + " is no key of a step",
            propose_or_list(parsed_.problems, key, kStepKeys));
  }

  void unsupported(Position position, std::string const& what) {
    problem(position, what + " is not supported by this version of shoal", "leave it out");
  }

  void read_use(Yaml const& node, ParsedStep& step) {
    step.use = node.text();
    step.use_position = node.position();
    if (!node.is_string() || step.use.empty()) {
      problem(node.position(), "`use` must name an operation, a function, a task or a pipeline");
    }
  }

  void read_with(Yaml const& node, ParsedStep& step) {
    if (node.is_null()) return;
    if (!node.is_mapping()) {
      return problem(node.position(), "`with` must be a mapping of inputs to values",
                     "for example `{text: $step}`");
    }
    step.with = bindings_.parse_inputs(node);
    for (auto const& entry : node.entries()) step.with_positions.push_back(entry.key_position);
  }

  void read_item_name(Yaml const& node, ParsedStep& step) {
    step.item_position = node.position();
    step.item = node.text();
    if (is_name(step.item)) return;
    problem(node.position(), "`as` must be a name, not " + quoted(step.item),
            "use letters, digits, `_` and `-`, a letter first");
  }

  void read_when(Yaml const& node, ParsedStep& step) {
    if (!node.is_scalar()) {
      return problem(node.position(), "`when` must be an expression", "for example `$page.confidence < 0.9`");
    }
    step.when = parse_expression(node.text(), source_.place_of(node), parsed_.problems);
    // Later checks of the step go on as if it had a condition.
    if (!step.when)
      step.when = Expression{
          {{Expression::Op::literal, 0, node.position()}}, {value::Value(true)}, {}, node.position()};
  }

  void read_on_error(Yaml const& node, ParsedStep& step) {
    if (node.is_mapping()) return unsupported(node.position(), "`on_error: {use: …}`");
    if (node.text() == "skip") {
      step.on_error = OnError::skip;
    } else if (node.text() != "fail") {
      problem(node.position(), "`on_error` is `fail` or `skip`, not " + quoted(node.text()));
    }
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
  Parsed parsed;
  parsed.file = file;
  DocumentReader(text, parsed).read(root);
  return parsed;
}

std::vector<std::string> uses(Parsed const& parsed) {
  std::vector<std::string> names;
  std::unordered_set<std::string_view> seen;
  for (auto const& step : parsed.steps) {
    if (!step.use.empty() && seen.insert(step.use).second) names.push_back(step.use);
  }
  return names;
}

}  // namespace shoal::graph
