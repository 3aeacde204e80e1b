#include "cli/execute.h"
#include "cli/inputs.h"
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

Result<int> run_one(Session& session, Arguments const& arguments, runtime::Target const& target) {
  auto& home = *TRY(session.home());
  auto const* function = std::get_if<runtime::FunctionTarget>(&target.what);
  InputWords words;
  words.positionals.assign(arguments.positionals.begin() + 1, arguments.positionals.end());
  words.named = arguments.values("--in");
  if (!session.environment().terminal.input) words.piped = &session.environment().input;
  auto inputs =
      TRY(read_inputs(target.signature().inputs, function && function->function->open_inputs, words));

  RunWishes wishes;
  wishes.strict = arguments.has("--strict");
  auto const result = execute(session, home, target.name, std::move(inputs), std::move(wishes));
  if (session.json()) session.print_json(document_of(result));
  if (!result.outputs) {
    session.account_for(result.ledger);
    if (!session.json()) return result.outputs.error();
    session.complain("shoal: " + result.outputs.error().message());
    return exit_status(result.outputs.error().code());
  }
  if (!session.json()) session.print(render_outputs(*result.outputs));
  if (result.checks_failed) session.complain("shoal: the answer did not pass its checks; --explain says why");
  session.account_for(result.ledger);
  return 0;
}

Result<int> run_callable(Session& session, Arguments const& arguments) {
  auto const target = TRY(prepare(session, arguments.positionals.front()));
  return run_one(session, arguments, target);
}

}  // namespace

Verb run_verb() {
  Verb verb;
  verb.name = "run";
  verb.positionals = "NAME|FILE.yaml [INPUT…]";
  verb.about = "Run a pipeline, a task or an operation";
  verb.details =
      "INPUTs fill the required inputs in order: text as it is, @FILE for the text of a file, a path for\n"
      "a file, JSON for all else. A single text that is missing is read from what is piped in; `-` says "
      "where.\n"
      "A lone output is printed by itself; of several, `answer` or `text`, else all by name.";
  verb.example =
      "shoal run scan-to-text letter.pdf --in language=deu\ngit log -3 | shoal run my-summary.yaml --json";
  verb.min_positionals = 1;
  verb.max_positionals = -1;
  verb.options = {
      {"--in", "", "NAME=VALUE", "An input by name; NAME=@FILE reads a file; may be repeated"},
      {"--strict", "", "", "An answer that failed its checks is an error (exit status 5)"},
  };
  verb.run = run_callable;
  return verb;
}

}  // namespace shoal::cli
