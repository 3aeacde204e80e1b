#include <algorithm>

#include "base/text.h"
#include "cli/ports.h"
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

std::vector<std::string> names_of(std::vector<Item> const& items) {
  std::vector<std::string> names;
  for (auto const& item : items) names.push_back(item.name);
  return names;
}

Error unknown(std::string const& what, std::string const& name, std::vector<Item> const& items) {
  return Error(Code::not_found, "there is no " + what + " `" + name + "`" + suggest(name, names_of(items)) +
                                    "; `shoal " + what + "s` lists them");
}

// Without a name the list; with names what each takes and gives.
Result<int> show_documents(Session& session, Arguments const& arguments, Kind kind) {
  auto& library = TRY(session.home())->library();
  std::vector<Item> items;
  for (auto const& document : library.documents(kind))
    items.push_back({document.name, library.about(document)});
  if (arguments.positionals.empty()) {
    if (items.empty()) session.note("there are none");
    return show(session, items);
  }
  auto const names = names_of(items);
  for (auto const& name : arguments.positionals) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      return unknown(kind == Kind::task ? "task" : "pipeline", name, items);
  }
  return show_callables(session, arguments.positionals);
}

Result<int> pipelines(Session& session, Arguments const& arguments) {
  return show_documents(session, arguments, Kind::pipeline);
}
Result<int> tasks(Session& session, Arguments const& arguments) {
  return show_documents(session, arguments, Kind::task);
}

std::vector<Item> operations_of(host::Manifest const& engine) {
  std::vector<Item> items;
  for (auto const& operation : engine.operations)
    items.push_back({engine.engine + "." + operation.name, operation.about});
  return items;
}

constexpr char const* kFunctions = "functions";

// Engines for tests show only when they are named.
Result<int> list_engines(Session& session, runtime::Library& library) {
  std::vector<Item> items;
  for (auto const& engine : library.engines()) {
    if (engine.for_tests) continue;
    items.push_back({engine.engine, engine.about});
    for (auto& operation : operations_of(engine)) items.push_back(std::move(operation));
  }
  items.push_back({kFunctions, "Built in, and need no engine: " + join(library.functions(), ", ")});
  return show(session, items);
}

Result<int> engines(Session& session, Arguments const& arguments) {
  auto& library = TRY(session.home())->library();
  if (arguments.positionals.empty()) return list_engines(session, library);
  std::vector<Item> known = {{kFunctions, ""}};
  for (auto const& engine : library.engines()) known.push_back({engine.engine, engine.about});
  std::vector<std::string> callables;
  for (auto const& name : arguments.positionals) {
    auto const& all = library.engines();
    auto const engine =
        std::find_if(all.begin(), all.end(), [&](auto const& each) { return each.engine == name; });
    if (engine != all.end()) {
      for (auto const& operation : operations_of(*engine)) callables.push_back(operation.name);
    } else if (name == kFunctions) {
      auto const functions = library.functions();
      callables.insert(callables.end(), functions.begin(), functions.end());
    } else {
      return unknown("engine", name, known);
    }
  }
  return show_callables(session, callables);
}

Verb list_verb(std::string name, std::string about, Result<int> (*run)(Session&, Arguments const&)) {
  Verb verb;
  verb.example = "shoal " + name;
  verb.name = std::move(name);
  verb.positionals = "[NAME…]";
  verb.max_positionals = -1;
  verb.about = std::move(about);
  verb.run = run;
  return verb;
}

}  // namespace

std::vector<Verb> list_verbs() {
  auto pipelines_verb = list_verb(
      "pipelines", "List the pipelines that can be run by name, or say what one takes and gives", pipelines);
  pipelines_verb.example = "shoal pipelines\nshoal pipelines scan-to-text";
  auto tasks_verb =
      list_verb("tasks", "List the tasks that can be run by name, or say what one takes and gives", tasks);
  tasks_verb.example = "shoal tasks\nshoal tasks answer-from";
  auto engines_verb = list_verb(
      "engines", "List the engines and what each can do, or say what the operations of one take and give",
      engines);
  engines_verb.example = "shoal engines\nshoal engines ocr";
  engines_verb.details = "`shoal show ENGINE.OPERATION` says it of a single operation.";
  return {pipelines_verb, tasks_verb, engines_verb};
}

}  // namespace shoal::cli
