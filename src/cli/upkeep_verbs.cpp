// import, verify, gc: what keeps the store of models right.
#include <filesystem>

#include "base/text.h"
#include "cli/pull.h"
#include "cli/verbs.h"

namespace shoal::cli {
namespace {

// What the words of an import mean: a file, or models in another program's folder.
struct Wanted {
  std::string file;
  std::vector<store::ForeignModel> models;
};

Result<Wanted> find_wanted(Arguments const& arguments) {
  auto const path = arguments.positionals.empty() ? "" : arguments.positionals.front();
  std::optional<store::ForeignProgram> program;
  if (arguments.has("--from")) {
    program = store::foreign_program(arguments.value("--from"));
    if (!program) return Error(Code::invalid_argument, "`--from` is ollama, lmstudio or hf");
  } else if (path.empty()) {
    return Error(Code::invalid_argument,
                 "import wants a PATH, or `--from ollama`, `--from lmstudio` or `--from hf`");
  }
  std::error_code failure;
  auto const absolute = std::filesystem::absolute(path, failure).lexically_normal().string();
  if (std::filesystem::is_regular_file(absolute, failure)) return Wanted{absolute, {}};
  bool const is_folder = std::filesystem::is_directory(absolute, failure);
  if (!is_folder && !program) return Error(Code::not_found, "there is no file or folder " + path);

  auto const folder = is_folder && !path.empty() ? absolute : store::default_folder(*program);
  auto models = TRY(store::find_foreign_models(program ? *program : store::guess_program(folder), folder));
  // A name instead of a path is one of theirs.
  if (!is_folder && !path.empty()) {
    std::erase_if(models, [&](auto const& model) {
      return model.origin != path && model.origin.substr(model.origin.find(':') + 1) != path;
    });
  }
  if (models.empty())
    return Error(Code::not_found,
                 "no model is found in " + folder + (is_folder || path.empty() ? "" : " as " + path));
  return Wanted{"", std::move(models)};
}

struct Import {
  std::string origin;
  std::string path;
  std::uint64_t bytes = 0;
  Result<store::PullResult> result = Error(Code::internal, "not imported");
};

Json document_of(Import const& import, bool is_dry) {
  auto document = Json::object({{"from", import.origin}, {"path", import.path}});
  if (is_dry) return document.set("bytes", import.bytes);
  if (!import.result) return document.set("error", import.result.error().message());
  auto const& model = import.result->model;
  document.set("name", model.entry.name).set("tag", model.entry.tag).set("bytes", model.entry.size());
  return document.set("was_installed", import.result->was_installed);
}

std::string sentence_of(Import const& import, bool is_dry) {
  if (is_dry) return import.origin + "  " + human_bytes(import.bytes) + "  " + import.path;
  if (!import.result) return import.origin + ": " + import.result.error().message();
  auto const& model = import.result->model;
  return model.entry.full_name() +
         (import.result->was_installed ? " is here already" : " is ready, linked to ") +
         (import.result->was_installed ? "" : import.path);
}

Result<int> import(Session& session, Arguments const& arguments) {
  auto const wanted = TRY(find_wanted(arguments));
  auto& home = *TRY(session.home());
  bool const is_dry = arguments.has("--dry-run");
  auto const as = arguments.value("--as");
  if (!as.empty() && wanted.models.size() > 1)
    return Error(Code::invalid_argument, "`--as` names one model, and there are " +
                                             std::to_string(wanted.models.size()) +
                                             "; `--dry-run` lists them");
  std::vector<Import> imports;
  if (!wanted.file.empty()) imports.push_back({"import:" + wanted.file, wanted.file});
  for (auto const& model : wanted.models) imports.push_back({model.origin, model.path, *model.facts.size});
  Json documents = Json::array();
  bool failed = false;
  for (std::size_t i = 0; i < imports.size(); ++i) {
    auto& each = imports[i];
    auto options = pull_options(session, each.origin);
    options.as = as;
    net::EgressAccount nothing_leaves{net::EgressPolicy()};
    if (!is_dry) {
      each.result = wanted.models.empty() ? home.models().pull(each.origin, nothing_leaves, options)
                                          : home.models().import(wanted.models[i], options);
      if (!each.result && (imports.size() == 1 || each.result.error().code() == Code::cancelled))
        return each.result.error();
      failed = failed || !each.result;
    }
    session.end_progress();
    documents.push(document_of(each, is_dry));
    if (!session.json()) session.print(sentence_of(each, is_dry));
  }
  if (session.json()) session.print_json(documents);
  return failed ? 1 : 0;
}

Json document_of(store::VerifyReport const& report) {
  Json problems = Json::array();
  for (auto const& problem : report.problems) problems.push(problem);
  return Json::object({{"name", report.model.entry.name},
                       {"tag", report.model.entry.tag},
                       {"ok", report.problems.empty()},
                       {"problems", std::move(problems)}});
}

Result<int> verify(Session& session, Arguments const& arguments) {
  auto& home = *TRY(session.home());
  auto const names = arguments.positionals.empty() ? home.models().names_here() : arguments.positionals;
  Json documents = Json::array();
  bool failed = false;
  for (auto const& name : names) {
    store::VerifyOptions options;
    options.stop = session.environment().stop;
    options.on_progress = [&](store::PullProgress const& progress) {
      session.show_progress(name + "  " + describe(progress));
    };
    auto const report = TRY(home.models().verify(name, options));
    session.end_progress();
    failed = failed || !report.problems.empty();
    documents.push(document_of(report));
    if (session.json()) continue;
    auto const& entry = report.model.entry;
    if (report.problems.empty()) session.print(entry.full_name() + "  ok  " + human_bytes(entry.size()));
    for (auto const& problem : report.problems) session.print(entry.full_name() + "  DAMAGED  " + problem);
    if (!report.problems.empty()) session.print("  `shoal pull " + entry.full_name() + "` mends it");
  }
  if (session.json()) session.print_json(documents);
  if (names.empty() && !session.json()) session.note("there are no models on this machine");
  return failed ? 1 : 0;
}

Result<int> collect_garbage(Session& session, Arguments const& arguments) {
  auto& home = *TRY(session.home());
  bool const is_dry = arguments.has("--dry-run");
  Json documents = Json::array();
  std::uint64_t total = 0;
  auto const tell = [&](store::Garbage const& each) {
    total += each.bytes;
    documents.push(Json::object({{"path", each.path}, {"bytes", each.bytes}, {"reason", each.reason}}));
    if (!session.json())
      session.print(human_bytes(each.bytes) + "  " + each.path + "  (" + each.reason + ")");
  };
  for (auto const& each : home.models().find_garbage()) {
    if (!is_dry) TRY(home.models().remove_garbage(each));
    tell(each);
  }
  for (auto const& each : home.kept_garbage()) {
    if (!is_dry) TRY(home.remove_kept(each));
    tell(each);
  }
  if (session.json()) {
    session.print_json(
        Json::object({{"removed", !is_dry}, {"bytes", total}, {"items", std::move(documents)}}));
  } else {
    session.print(human_bytes(total) + (is_dry ? " would be free" : " are free"));
  }
  return 0;
}

Verb import_verb() {
  Verb verb;
  verb.name = "import";
  verb.positionals = "[PATH]";
  verb.about = "Take models that Ollama, LM Studio or the Hugging Face cache have on this machine, by link";
  verb.details =
      "PATH is a model file, or a folder of one of these programs; with --from it may be left out, or be the "
      "name of one of "
      "the program's models. Nothing is copied where the file system can link, and nothing is changed in the "
      "other "
      "program's folder.";
  verb.example = "shoal import --from ollama --dry-run";
  verb.max_positionals = 1;
  verb.options = {{"--from", "", "PROGRAM", "ollama, lmstudio or hf"},
                  {"--as", "", "NAME[:TAG]", "What to call the one model that is imported"},
                  {"--dry-run", "", "", "Only list what would be imported"}};
  verb.run = import;
  return verb;
}

Verb verify_verb() {
  Verb verb;
  verb.name = "verify";
  verb.positionals = "[NAME…]";
  verb.about = "Read the files of models again and compare their hashes";
  verb.details =
      "Exit status 1 when a file is damaged; its model is not used until it has been pulled again.";
  verb.example = "shoal verify smollm2-135m";
  verb.max_positionals = -1;
  verb.run = verify;
  return verb;
}

Verb gc_verb() {
  Verb verb;
  verb.name = "gc";
  verb.about = "Delete what broken-off pulls left, and files that no model needs";
  verb.details =
      "Also what engines kept for models that are gone. What was computed before has a bound of its own: see "
      "`shoal cache\nprune`.";
  verb.example = "shoal gc --dry-run";
  verb.options = {{"--dry-run", "", "", "Only list what would be deleted"}};
  verb.run = collect_garbage;
  return verb;
}

}  // namespace

std::vector<Verb> upkeep_verbs() { return {import_verb(), verify_verb(), gc_verb()}; }

}  // namespace shoal::cli
