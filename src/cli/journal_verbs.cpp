#include "base/text.h"
#include "cli/provenance.h"
#include "cli/render.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "runtime/ledger.h"

namespace shoal::cli {
namespace {

Result<int> runs(Session& session, Arguments const& arguments) {
  auto& home = *TRY(session.home());
  auto const limit = TRY(arguments.integer("--limit", 20, 1, 1'000'000));
  TRY(home.note_interrupted_runs());
  auto const records = TRY(home.journal().runs(limit));
  if (session.json()) {
    Json documents = Json::array();
    for (auto const& record : records) documents.push(to_json(record));
    session.print_json(documents);
    return 0;
  }
  std::vector<std::vector<std::string>> rows;
  for (auto const& record : records) {
    auto const took = record.ended ? human_seconds(seconds(*record.ended - record.started)) : "";
    auto const line = record.error.substr(0, record.error.find('\n'));
    rows.push_back({record.run, to_rfc3339(record.started), record.state, took, record.name, line});
  }
  if (rows.empty()) session.note("nothing was run in this home yet");
  if (!rows.empty()) session.print(table(rows));
  return 0;
}

std::string share(std::int64_t part, std::int64_t whole) {
  return std::to_string(whole > 0 ? part * 100 / whole : 0) + " %";
}

// Of each task, the rungs that settled it: "answer-from: answer-by-quote" → 12.
std::vector<std::vector<std::string>> rung_rows(Json const& rungs) {
  auto const task_of = [](std::string const& name) { return name.substr(0, name.find(": ")); };
  std::vector<std::vector<std::string>> rows;
  for (auto const& [name, settled] : rungs.as_object()) {
    std::int64_t all = 0;
    for (auto const& [other, count] : rungs.as_object())
      all += task_of(other) == task_of(name) ? count.as_integer() : 0;
    rows.push_back({"  " + name, std::to_string(settled.as_integer()), share(settled.as_integer(), all)});
  }
  return rows;
}

std::string render_ledger(Json const& ledger) {
  auto const bytes = [](Json const& json) {
    return human_bytes(static_cast<std::uint64_t>(json.as_integer()));
  };
  std::vector<std::vector<std::string>> rows = {
      {"calls of engines", std::to_string(ledger["calls"].as_integer()) + ", and " +
                               std::to_string(ledger["cached"].as_integer()) + " answered by the cache"},
      {"tokens", std::to_string(ledger["tokens"]["in"].as_integer()) + " read, " +
                     std::to_string(ledger["tokens"]["out"].as_integer()) + " written"},
      {"time", human_seconds(ledger["seconds"].as_number()) + ", " +
                   human_seconds(ledger["core_seconds"].as_number()) + " of a core"},
      {"peak memory", bytes(ledger["peak_memory_bytes"])},
      {"energy", std::to_string(static_cast<std::int64_t>(ledger["energy_joules"]["value"].as_number())) +
                     " J, " + ledger["energy_joules"]["method"].as_string()},
      {"left this machine", bytes(ledger["bytes_off_machine"])}};
  if (ledger.contains("runs"))
    rows.insert(rows.begin(), {"runs", std::to_string(ledger["runs"].as_integer())});
  auto text = table(rows);
  std::vector<std::vector<std::string>> models;
  for (auto const& [name, use] : ledger["models"].as_object()) {
    models.push_back({"  " + name, std::to_string(use["calls"].as_integer()) + " calls",
                      std::to_string(use["tokens_in"].as_integer()) + " + " +
                          std::to_string(use["tokens_out"].as_integer()) + " tokens"});
  }
  if (!models.empty()) text += "models\n" + table(models);
  if (auto const rungs = rung_rows(ledger["rungs"]); !rungs.empty())
    text += "rungs that settled tasks\n" + table(rungs);
  return text;
}

Result<int> ledger(Session& session, Arguments const& arguments) {
  auto& home = *TRY(session.home());
  Json account;
  if (arguments.positionals.empty()) {
    auto const ledgers = TRY(home.journal().ledgers());
    account = runtime::sum_of(ledgers);
    account.set("runs", ledgers.size());
  } else {
    auto const record = TRY(home.journal().find(arguments.positionals.front()));
    if (record.ledger.is_null()) {
      return Error(Code::not_found, "run " + record.run + " has no account: it is " + record.state);
    }
    account = record.ledger;
  }
  if (session.json()) {
    session.print_json(account);
  } else {
    session.print(render_ledger(account));
  }
  return 0;
}

}  // namespace

namespace {

constexpr auto kPatience = std::chrono::seconds(10);

Result<int> cancel(Session& session, Arguments const& arguments) {
  auto& home = *TRY(session.home());
  Json documents = Json::array();
  for (auto const& run : arguments.positionals) {
    auto const before = TRY(home.journal().find(run));
    auto const record = TRY(home.cancel(before.run, kPatience, session.environment().stop));
    bool const was_over = before.state != "running";
    documents.push(to_json(record).set("was_over", was_over));
    if (session.json()) continue;
    session.print("run " + record.run + " (" + record.name + ")" +
                  (was_over ? " is over already: " + record.state : ": " + record.state));
  }
  if (session.json()) session.print_json(documents);
  return 0;
}

}  // namespace

Verb cancel_verb() {
  Verb verb;
  verb.name = "cancel";
  verb.positionals = "RUN…";
  verb.about = "End a run that goes on in another terminal";
  verb.details =
      "RUN is an id of `shoal runs`, or its beginning. Waits until the run has ended. One that is over "
      "already is "
      "said to be so\n"
      "and is no error.";
  verb.example = "shoal cancel $(shoal runs --json | jq -r '.[0].run')";
  verb.min_positionals = 1;
  verb.max_positionals = -1;
  verb.run = cancel;
  return verb;
}

Verb runs_verb() {
  Verb verb;
  verb.name = "runs";
  verb.about = "List what was run, newest first";
  verb.example = "shoal runs --limit 5";
  verb.options = {{"--limit", "", "N", "How many, 20 if not said"}};
  verb.run = runs;
  return verb;
}

Verb ledger_verb() {
  Verb verb;
  verb.name = "ledger";
  verb.positionals = "[RUN]";
  verb.about =
      "Say what a run cost, or all of them: models, tokens, time, energy, bytes that left the machine";
  verb.example = "shoal ledger";
  verb.max_positionals = 1;
  verb.run = ledger;
  return verb;
}

}  // namespace shoal::cli
