// `shoal show NAME`: a run, a model, or something that can be run.
#include <algorithm>

#include "base/text.h"
#include "cli/execute.h"
#include "cli/ports.h"
#include "cli/provenance.h"
#include "cli/render.h"
#include "cli/session.h"
#include "cli/timeline.h"
#include "cli/verbs.h"
#include "runtime/picture.h"

namespace shoal::cli {
namespace {

// As new_run_id() writes them, or the beginning of one that is long enough to mean it.
bool may_be_run(std::string_view word) {
  constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
  return word.size() >= 4 && word.size() <= 12 && word.find_first_not_of(kDigits) == std::string_view::npos;
}

Error unknown(runtime::Runtime& home, std::string const& word) {
  auto names = home.library().names();
  for (auto const& model : home.models().list()) names.push_back(model.entry.name);
  return Error(Code::not_found,
               "there is no run, no model and nothing to run named `" + word + "`" + suggest(word, names) +
                   "; `shoal runs`, `shoal models`, `shoal pipelines` and `shoal tasks` list "
                   "what there is");
}

// Beside a bar: names, times and reasons.
constexpr int kBesideBar = 70;
constexpr int kShortestBar = 30, kLongestBar = 80;

int show_timeline(Session& session, Trace const& trace) {
  if (session.json()) {
    session.print_json(timeline_document(trace));
  } else {
    auto const room = session.environment().terminal.width - kBesideBar;
    session.print(timeline(trace, std::clamp(room, kShortestBar, kLongestBar)));
  }
  return 0;
}

Result<int> show_run(Session& session, runtime::RunRecord const& record, Arguments const& arguments) {
  auto& journal = TRY(session.home())->journal();
  auto const trace = TRY(trace_run(journal, record));
  if (arguments.has("--timeline")) return show_timeline(session, trace);
  bool const provenance = arguments.has("--provenance");
  if (session.json()) {
    session.print_json(to_json(trace, provenance ? Detail::provenance : Detail::steps));
  } else {
    session.print(describe(trace, provenance ? Detail::provenance : Detail::steps));
  }
  return 0;
}

Result<int> show_picture(Session& session, std::string const& name, runtime::Picture picture) {
  auto const text = TRY(runtime::picture_of(TRY(TRY(session.home())->library().link(name)), picture));
  if (session.json()) {
    session.print_json(Json::object({{picture == runtime::Picture::svg ? "svg" : "mermaid", text}}));
  } else {
    session.print(text);
  }
  return 0;
}

Result<int> show(Session& session, Arguments const& arguments) {
  auto& home = *TRY(session.home());
  auto const word = TRY(resolve(session, arguments.positionals.front()));
  if (arguments.has("--svg")) return show_picture(session, word, runtime::Picture::svg);
  if (arguments.has("--mermaid")) return show_picture(session, word, runtime::Picture::mermaid);
  std::string const of_run = arguments.has("--provenance") ? "--provenance"
                             : arguments.has("--timeline") ? "--timeline"
                                                           : "";
  bool const is_model = home.models().find(word).has_value();
  bool const is_callable = !is_model && home.library().describe(word).has_value();
  if (of_run.empty() && is_model) return show_model(session, word);
  if (of_run.empty() && is_callable) return show_callables(session, {word});
  if (is_model || is_callable) {
    return Error(Code::invalid_argument,
                 "`" + of_run + "` is of a run, and `" + word + "` is none; `shoal runs` lists them");
  }
  if (!may_be_run(word)) return unknown(home, word);
  TRY(home.note_interrupted_runs());
  auto const record = home.journal().find(word);
  if (!record && record.error().code() == Code::not_found) return unknown(home, word);
  return show_run(session, TRY(record), arguments);
}

}  // namespace

Result<int> show_callables(Session& session, std::vector<std::string> const& names) {
  auto& library = TRY(session.home())->library();
  Json documents = Json::array();
  std::string text;
  for (auto const& name : names) {
    auto const description = TRY(library.describe(name));
    documents.push(to_json(description));
    text += (text.empty() ? "" : "\n") + describe(description);
  }
  if (session.json()) {
    session.print_json(names.size() == 1 ? documents.as_array().front() : documents);
  } else {
    session.print(text);
  }
  return 0;
}

Verb show_verb() {
  Verb verb;
  verb.name = "show";
  verb.positionals = "RUN|NAME|MODEL|FILE.yaml";
  verb.about = "Show a run, what something takes and gives, or a model";
  verb.details =
      "RUN is an id of `shoal runs`, or its beginning: what went in, what ran, what came out. NAME is a "
      "pipeline, a "
      "task, an\n"
      "operation or a function: its inputs and outputs with their types.\n"
      "--provenance says of every step of a run what made its result: the engine and its build, the model "
      "and its "
      "hash, the\n"
      "options, and for what came from the cache the run that made it first.\n"
      "--timeline draws when each call was in a queue, waited for its model or for cores, and ran.";
  verb.example =
      "shoal show scan-to-text\nshoal show smollm2-135m\nshoal show scan-to-text --svg > scan-to-text.svg";
  verb.min_positionals = 1;
  verb.max_positionals = 1;
  verb.options = {{"--provenance", "", "", "Of a run: what made each result"},
                  {"--timeline", "", "", "Of a run: what ran when, by which worker, and what it waited for"},
                  {"--mermaid", "", "", "Of a pipeline: a flow chart in Mermaid's language"},
                  {"--svg", "", "", "Of a pipeline: the same as a picture"}};
  verb.run = show;
  return verb;
}

}  // namespace shoal::cli
