#include "cli/render.h"
#include "cli/session.h"
#include "cli/verbs.h"

namespace shoal::cli {
namespace {

using Kind = runtime::Library::DocumentKind;

// Names with their `about`, which is what the three lists are.
struct Item {
  std::string name;
  std::string about;
};

Result<int> show(Session& session, std::vector<Item> const& items) {
  if (session.json()) {
    Json documents = Json::array();
    for (auto const& item : items) documents.push(Json::object({{"name", item.name}, {"about", item.about}}));
    session.print_json(documents);
    return 0;
  }
  std::vector<std::vector<std::string>> rows;
  for (auto const& item : items) rows.push_back({item.name, item.about});
  if (!rows.empty()) session.print(table(rows));
  return 0;
}

Result<int> show_documents(Session& session, Kind kind) {
  auto& library = TRY(session.home())->library();
  std::vector<Item> items;
  for (auto const& document : library.documents(kind))
    items.push_back({document.name, library.about(document)});
  return show(session, items);
}

Result<int> pipelines(Session& session, Arguments const&) { return show_documents(session, Kind::pipeline); }
Result<int> tasks(Session& session, Arguments const&) { return show_documents(session, Kind::task); }

Result<int> engines(Session& session, Arguments const&) {
  auto& library = TRY(session.home())->library();
  std::vector<Item> items;
  for (auto const& engine : library.engines()) {
    items.push_back({engine.engine, engine.about});
    for (auto const& operation : engine.operations)
      items.push_back({engine.engine + "." + operation.name, operation.about});
  }
  return show(session, items);
}

Verb list_verb(std::string name, std::string about, Result<int> (*run)(Session&, Arguments const&)) {
  Verb verb;
  verb.example = "shoal " + name;
  verb.name = std::move(name);
  verb.about = std::move(about);
  verb.run = run;
  return verb;
}

}  // namespace

std::vector<Verb> list_verbs() {
  return {list_verb("pipelines", "List the pipelines that can be run by name", pipelines),
          list_verb("tasks", "List the tasks that can be run by name", tasks),
          list_verb("engines", "List the engines and what each can do", engines)};
}

}  // namespace shoal::cli
