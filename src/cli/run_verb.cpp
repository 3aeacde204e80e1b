#include <algorithm>

#include "base/text.h"
#include "cli/dry_run.h"
#include "cli/each.h"
#include "cli/execute.h"
#include "cli/explain.h"
#include "cli/inputs.h"
#include "cli/output_file.h"
#include "cli/render.h"
#include "cli/verbs.h"
#include "value/json.h"

namespace shoal::cli {
namespace {

Json document_of(runtime::RunResult const& result) {
  Json document = Json::object({{"run", result.run}});
  if (result.outputs) {
    document.set("outputs", value::to_json(*result.outputs));
  } else {
    document.set("error", to_json(result.outputs.error())["error"]);
  }
  document.set("checks_failed", result.checks_failed);
  document.set("route", result.route.is_null() ? Json::array() : result.route);
  document.set("ledger", result.ledger);
  return document;
}

bool takes_any_input(runtime::Target const& target) {
  auto const* function = std::get_if<runtime::FunctionTarget>(&target.what);
  return function && function->function->open_inputs;
}

// `target`: of what was run, where it is known.
Result<int> show_result(Session& session, runtime::RunResult const& result, Arguments const& arguments,
                        runtime::Target const* target = nullptr) {
  auto& home = *TRY(session.home());
  bool const explains = arguments.has("--explain");
  Explained steps;
  if (explains && !result.run.empty()) steps = TRY(explained(home.journal(), result.run));
  if (explains && target) add_unrecorded(steps, *target);
  if (session.json()) {
    auto document = document_of(result);
    if (explains) document.set("steps", to_json(steps));
    session.print_json(document);
  } else if (arguments.value("--events") == "-") {
    session.print(document_of(result).dump());
  } else if (result.outputs) {
    session.print(render_outputs(*result.outputs));
  }
  if (result.outputs) complain_of_missing(session, *result.outputs);
  if (explains) session.note(trim(explain(steps, result.route)));
  if (result.checks_failed && result.outputs) {
    session.complain(explains ? "the answer did not pass its checks"
                              : "the answer did not pass its checks; --explain says why");
  }
  if (result.outputs || result.ledger["calls"].as_integer() > 0) session.account_for(result.ledger);
  if (result.outputs) return 0;
  session.complain(result.outputs.error().message());
  return exit_status(result.outputs.error().code());
}

Result<value::Value> read_words(Session& session, Arguments const& arguments,
                                value::Signature const& signature, bool open_inputs) {
  InputWords words;
  words.positionals.assign(arguments.positionals.begin() + 1, arguments.positionals.end());
  words.named = arguments.values("--in");
  words.stop = session.environment().stop;
  if (!session.environment().terminal.input) words.piped = &session.environment().input;
  return read_inputs(signature.inputs, open_inputs, words);
}

Result<std::optional<runtime::Part>> wanted_part(Arguments const& arguments) {
  if (arguments.has("--until") && arguments.has("--only")) {
    return Error(Code::invalid_argument,
                 "`--until` runs what the step needs, `--only` nothing else; give one of them");
  }
  std::optional<runtime::Part> part;
  if (arguments.has("--until")) part = runtime::Part{arguments.value("--until"), false};
  if (arguments.has("--only")) part = runtime::Part{arguments.value("--only"), true};
  return part;
}

// The words are for the inputs of the part, or for those of the whole where they are more than it needs: so
// the same words do for both.
Result<value::Value> read_words(Session& session, Arguments const& arguments, runtime::Target const& target,
                                std::optional<runtime::Part> const& part) {
  auto const is_required = [](value::Port const& port) { return port.required && !port.fallback; };
  auto signature = target.signature();
  if (part) {
    auto const needed = TRY(runtime::part_of(target, *part));
    auto const& inputs = needed.signature().inputs;
    auto const words = static_cast<std::ptrdiff_t>(arguments.positionals.size()) - 1;
    if (words <= std::count_if(inputs.begin(), inputs.end(), is_required)) signature = needed.signature();
  }
  return read_words(session, arguments, signature, takes_any_input(target));
}

Result<std::unique_ptr<EventWriter>> open_events(Session& session, Arguments const& arguments) {
  if (!arguments.has("--events")) return std::unique_ptr<EventWriter>();
  return EventWriter::open(arguments.value("--events"), session.environment().output);
}

Result<int> run_once(Session& session, Arguments const& arguments, Runnable const& runnable) {
  auto inputs = TRY(read_words(session, arguments, runnable.target, runnable.part));
  auto const events = TRY(open_events(session, arguments));
  RunWishes wishes;
  wishes.strict = arguments.has("--strict");
  wishes.events = events.get();
  auto const result = execute(session, runnable, std::move(inputs), std::move(wishes));
  auto const target =
      runnable.part ? TRY(runtime::part_of(runnable.target, *runnable.part)) : runnable.target;
  return show_result(session, result, arguments, &target);
}

Result<int> run_lines(Session& session, Arguments const& arguments, Runnable runnable) {
  if (arguments.positionals.size() > 1) {
    return Error(
        Code::invalid_argument,
        "with `--each` the inputs come from its lines; those that all lines share are given by `--in`");
  }
  if (arguments.value("--events") == "-" && !arguments.has("--out")) {
    return Error(
        Code::invalid_argument,
        "the answers of `--each` and `--events -` would both go to standard output; give `--out FILE`, too");
  }
  auto const events = TRY(open_events(session, arguments));
  EachRequest request;
  request.constant = TRY(read_named_inputs(runnable.target.signature().inputs,
                                           takes_any_input(runnable.target), arguments.values("--in")));
  request.runnable = std::move(runnable);
  request.file = arguments.value("--each");
  request.out = arguments.value("--out");
  request.strict = arguments.has("--strict");
  request.events = events.get();
  return run_each(session, request);
}

Result<int> plan_only(Session& session, Arguments const& arguments) {
  auto const name = TRY(resolve(session, arguments.positionals.front()));
  auto const description = TRY(TRY(session.home())->library().describe(name));
  if (description.error && description.missing.empty()) return *description.error;
  bool const given = arguments.positionals.size() > 1 || arguments.has("--in") ||
                     (description.signature.inputs.empty() && !description.open_inputs);
  auto const part = TRY(wanted_part(arguments));
  std::optional<value::Value> inputs;
  if (given && part && description.missing.empty()) {
    auto const target = TRY(TRY(session.home())->library().link(name));
    inputs = TRY(read_words(session, arguments, target, part));
  } else if (given) {
    inputs = TRY(read_words(session, arguments, description.signature, description.open_inputs));
  }
  return dry_run(session, name, part, std::move(inputs));
}

// Nothing is done, and no model fetched, for answers that have nowhere to go.
Result<void> require_places(Arguments const& arguments) {
  for (auto const* option : {"--out", "--events"}) {
    auto const path = arguments.value(option);
    if (arguments.has(option) && path != "-") TRY(require_place(path, option));
  }
  return {};
}

Result<int> run_callable(Session& session, Arguments const& arguments) {
  if (arguments.has("--out") && !arguments.has("--each")) {
    return Error(Code::invalid_argument,
                 "`--out` belongs to `--each`; a single answer goes to standard output");
  }
  TRY(require_places(arguments));
  if (arguments.has("--dry-run")) return plan_only(session, arguments);
  auto runnable = TRY(prepare(session, arguments.positionals.front()));
  runnable.part = TRY(wanted_part(arguments));
  if (runnable.part) TRY(runtime::part_of(runnable.target, *runnable.part));
  if (arguments.has("--each")) return run_lines(session, arguments, std::move(runnable));
  return run_once(session, arguments, runnable);
}

Result<int> resume_run(Session& session, Arguments const& arguments) {
  auto& home = *TRY(session.home());
  TRY(home.note_interrupted_runs());
  auto const record = TRY(home.journal().find(arguments.positionals.front()));
  auto const events = TRY(open_events(session, arguments));
  RunWishes wishes;
  wishes.events = events.get();
  return show_result(session, resume(session, record.run, std::move(wishes)), arguments);
}

Option const kEvents = {"--events", "", "FILE",
                        "What happens, a JSON object a line, as it happens; `-` is standard output"};
Option const kExplain = {
    "--explain", "", "",
    "Say of every step whether it was cached and why not, and which rungs of tasks were tried"};

}  // namespace

Verb resume_verb() {
  Verb verb;
  verb.name = "resume";
  verb.positionals = "RUN";
  verb.about = "Go on with a run that was interrupted, failed or was cancelled";
  verb.details =
      "RUN is an id of `shoal runs`, or its beginning. It has the document, the inputs and the wishes that "
      "it had. What "
      "it has\n"
      "finished is not done again, and least of all what wrote something. A host that starts goes on by "
      "itself with "
      "what a\n"
      "killed one left.";
  verb.example = "shoal resume $(shoal runs --json | jq -r '.[0].run')";
  verb.min_positionals = verb.max_positionals = 1;
  verb.options = {kEvents, kExplain};
  verb.run = resume_run;
  return verb;
}

Verb run_verb() {
  Verb verb;
  verb.name = "run";
  verb.positionals = "NAME|FILE.yaml [INPUT…]";
  verb.about = "Run a pipeline, a task or an operation";
  verb.details =
      "INPUTs fill the required inputs in order: text as it is, @FILE for the text of a file, a path for\n"
      "a file, JSON for all else. A single input that is missing is read from what is piped in; `-` says "
      "where.\n"
      "`@@` begins a text that begins with @. A lone output is printed by itself; of several, `answer` or "
      "`text`\n"
      "alone, else all by name. `shoal show NAME` has the inputs and outputs.\n\n"
      "--each runs once for every line of a file of JSON objects, several at once, and writes a line of "
      "outputs for\n"
      "each, in order. A line that fails gives {\"error\": …}, and the exit status is 1. With --out, a later "
      "command\n"
      "does what is missing and what failed; OUT.shoal beside it knows what was done, and a changed input or "
      "program\n"
      "is refused.";
  verb.example =
      "shoal run scan-to-text letter.pdf --in language=deu\ngit log -3 | shoal run my-summary.yaml --json\n"
      "shoal run count --each lines.jsonl --out counts.jsonl\nshoal run shelf-ask default \"Who wrote?\" "
      "--dry-run";
  verb.min_positionals = 1;
  verb.max_positionals = -1;
  verb.options = {
      {"--in", "", "NAME=VALUE", "An input by name; NAME=@FILE reads a file; may be repeated"},
      {"--each", "", "FILE", "A run for every line, a JSON object of inputs each; `-` is standard input"},
      {"--out", "", "FILE", "Where the lines of --each go; what is there already is not run again"},
      {"--until", "", "STEP", "Of a pipeline: run this step and all that it needs; its outputs are printed"},
      {"--only", "", "STEP", "The same, but what it needs is taken from the cache and nothing else runs"},
      {"--dry-run", "", "",
       "Say what would be done, what is cached, and which models are missing; run nothing"},
      kEvents,
      kExplain,
      {"--strict", "", "", "An answer that failed its checks is an error (exit status 5)"},
  };
  verb.run = run_callable;
  return verb;
}

}  // namespace shoal::cli
