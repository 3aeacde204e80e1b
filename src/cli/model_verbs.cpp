#include "base/text.h"
#include "cli/pull.h"
#include "cli/pull_plan.h"
#include "cli/render.h"
#include "cli/verbs.h"

namespace shoal::cli {
namespace {

Result<int> models(Session& session, Arguments const&) {
  auto& home = *TRY(session.home());
  auto const found = home.models().list();
  if (session.json()) {
    Json document = Json::array();
    for (auto const& model : found) document.push(store::to_json(model));
    session.print_json(document);
    return 0;
  }
  std::vector<std::vector<std::string>> rows;
  for (auto const& model : found) {
    rows.push_back({model.entry.full_name(), human_bytes(model.entry.size()),
                    model.installed() ? "installed" : "not pulled", model.entry.licence, model.entry.about});
  }
  auto const& terminal = session.environment().terminal;
  session.print(terminal.output ? table(rows, terminal.width) : table(rows));
  return 0;
}

Json document_of(store::CatalogFile const& file, std::vector<store::Assembly> const& from) {
  Json sources = Json::array();
  for (auto const& source : from) sources.push(source.text);
  auto document = Json::object({{"file", file.file}, {"bytes", file.size}, {"sha256", file.sha256.hex()}});
  document.set("served_by", file.served_by.empty() ? Json() : Json(file.served_by));
  return document.set("sources", std::move(sources));
}

std::string describe(store::Model const& model, store::Catalog const& catalog) {
  auto const& entry = model.entry;
  std::vector<std::vector<std::string>> rows = {
      {"model", entry.full_name()},
      {"about", entry.about},
      {"licence", entry.licence},
      {"publisher", entry.publisher},
      {"engine", entry.engine},
      {"size", human_bytes(entry.size())},
      {"memory", entry.memory_bytes ? human_bytes(entry.memory_bytes) : ""},
      {"here", model.installed() ? "yes" : "no; `shoal pull " + entry.full_name() + "` fetches it"}};
  for (auto const& operation : entry.operations) rows.push_back({"runs as", entry.name + "." + operation});
  for (auto const& file : entry.files) {
    rows.push_back({"file", model.installed() ? model.folder + "/" + file.file : file.file});
    rows.push_back({"sha256", file.sha256.hex()});
    rows.push_back({"came from", file.served_by});
    for (auto const& source : catalog.sources(entry, file)) rows.push_back({"source", source.text});
  }
  std::erase_if(rows, [](auto const& row) { return row[1].empty(); });
  return table(rows);
}

Json document_of(store::PullResult const& pulled, net::EgressAccount const& account) {
  Json sources = Json::array();
  for (auto const& file : pulled.model.entry.files) sources.push(file.served_by);
  auto const moved = account.report().total;
  auto document = store::to_json(pulled.model);
  document.set("was_installed", pulled.was_installed);
  document.set("sources", std::move(sources));
  document.set("bytes_received", moved.bytes_in);
  document.set("bytes_off_machine", moved.bytes_out);
  return document;
}

std::string sentence_of(store::PullResult const& pulled) {
  auto const& entry = pulled.model.entry;
  if (pulled.was_installed) return entry.full_name() + " is here already";
  std::vector<std::string> sources;
  for (auto const& file : entry.files) {
    if (!file.served_by.empty()) sources.push_back(file.served_by);
  }
  return entry.full_name() + " is ready: " + human_bytes(entry.size()) +
         (sources.empty() ? "" : " from " + join(sources, ", "));
}

Result<int> pull(Session& session, Arguments const& arguments) {
  auto& home = *TRY(session.home());
  auto const as = arguments.value("--as");
  if (!as.empty() && arguments.positionals.size() > 1)
    return Error(Code::invalid_argument, "`--as` names one model; pull the others without it");
  Json documents = Json::array();
  for (auto const& name : arguments.positionals) {
    net::EgressAccount account(pull_policy());
    if (arguments.has("--dry-run")) {
      auto options = pull_options(session, name);
      options.as = as;
      auto const plan = TRY(home.models().plan(name, account, options));
      documents.push(document_of_plan(plan));
      if (!session.json()) session.print(describe_plan(plan));
      continue;
    }
    auto const pulled = TRY(pull_model(session, home, name, account, as));
    if (session.json()) {
      documents.push(document_of(pulled, account));
    } else {
      session.print(sentence_of(pulled));
    }
  }
  if (session.json()) session.print_json(documents);
  return 0;
}

Result<int> remove(Session& session, Arguments const& arguments) {
  auto& home = *TRY(session.home());
  Json documents = Json::array();
  for (auto const& name : arguments.positionals) {
    auto const removed = TRY(home.models().remove(name));
    documents.push(Json::object({{"name", removed.entry.name},
                                 {"tag", removed.entry.tag},
                                 {"bytes", removed.entry.size()},
                                 {"freed_bytes", removed.freed_bytes}}));
    if (!session.json())
      session.print(removed.entry.full_name() + " is deleted: " + human_bytes(removed.freed_bytes) +
                    " are free");
  }
  if (session.json()) session.print_json(documents);
  return 0;
}

}  // namespace

Result<int> show_model(Session& session, std::string const& name) {
  auto& models = TRY(session.home())->models();
  auto const model = TRY(models.find(name));
  if (!session.json()) {
    session.print(describe(model, models.catalog()));
    return 0;
  }
  auto document = store::to_json(model);
  document.set("publisher", model.entry.publisher).set("options", model.entry.options);
  Json files = Json::array();
  for (auto const& file : model.entry.files)
    files.push(document_of(file, models.catalog().sources(model.entry, file)));
  session.print_json(document.set("files", std::move(files)));
  return 0;
}

namespace {

Verb models_verb() {
  Verb verb;
  verb.name = "models";
  verb.about = "List the models of this machine, and those it could have";
  verb.example = "shoal models";
  verb.run = models;
  return verb;
}

Verb pull_verb() {
  Verb verb;
  verb.name = "pull";
  verb.positionals = "NAME|SOURCE…";
  verb.about = "Fetch a model: one of the catalogue, or what a source names";
  verb.details =
      "A model of the catalogue comes from the first of its sources and mirrors that serves the right bytes. "
      "A source is "
      "written hf:ORG/REPO/FILE[@REVISION], hf:ORG/REPO[:QUANTISATION], ollama:NAME[:TAG], https://…, "
      "file:/PATH or as docs/models.md says. A pull "
      "that was broken off goes on where it stopped.";
  verb.example = "shoal pull smollm2-135m";
  verb.options = {
      {"--as", "", "NAME[:TAG]", "What to call a model that comes from a source"},
      {"--dry-run", "", "", "Say what would come from where and what is here already, and fetch nothing"}};
  verb.min_positionals = 1;
  verb.max_positionals = -1;
  verb.run = pull;
  return verb;
}

Verb rm_verb() {
  Verb verb;
  verb.name = "rm";
  verb.positionals = "NAME…";
  verb.about = "Delete a model's files, and what is left of a pull of it";
  verb.example = "shoal rm qwen2.5-coder-1.5b";
  verb.min_positionals = 1;
  verb.max_positionals = -1;
  verb.run = remove;
  return verb;
}

}  // namespace

std::vector<Verb> model_verbs() { return {models_verb(), pull_verb(), rm_verb()}; }

}  // namespace shoal::cli
