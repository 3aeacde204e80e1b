#include <regex>

#include "base/text.h"
#include "base/yaml.h"
#include "cli/session.h"
#include "cli/verbs.h"

namespace shoal::cli {
namespace {

struct CheckedFile {
  std::string file;
  std::string name;
  std::optional<Error> error;
  std::vector<Problem> warnings;
};

// All are added before one is linked, so that they may use each other.
std::vector<CheckedFile> check_files(runtime::Library& library, std::vector<std::string> const& files) {
  std::vector<CheckedFile> checked;
  for (auto const& file : files) {
    auto const name = library.add_file(file);
    checked.push_back({file, name ? *name : "", name ? std::nullopt : std::optional(name.error()), {}});
  }
  for (auto& each : checked) {
    if (each.error) continue;
    if (auto const linked = library.link(each.name); !linked) each.error = linked.error();
    each.warnings = library.warnings(each.name);
  }
  return checked;
}

// "file:line:column: what is wrong" of each line, apart.
Json problems_of(std::string const& message) {
  static std::regex const place("(.*?):([0-9]+):([0-9]+): (.*)");
  Json problems = Json::array();
  for (auto const line : split(message, '\n')) {
    std::cmatch parts;
    if (!std::regex_match(line.data(), line.data() + line.size(), parts, place)) continue;
    problems.push(Json::object({{"file", parts[1].str()},
                                {"line", std::stoi(parts[2].str())},
                                {"column", std::stoi(parts[3].str())},
                                {"message", parts[4].str()}}));
  }
  return problems;
}

Json document_of(CheckedFile const& checked) {
  Json warnings = Json::array();
  for (auto const& warning : checked.warnings) warnings.push(to_string(warning, checked.file));
  Json document = Json::object({{"file", checked.file}, {"name", checked.name}, {"good", !checked.error}});
  if (checked.error) {
    document.set("error", to_json(*checked.error)["error"]);
    document.set("problems", problems_of(checked.error->message()));
  }
  return document.set("warnings", std::move(warnings));
}

Result<int> check(Session& session, Arguments const& arguments) {
  auto& home = *TRY(session.home());
  int status = 0;
  Json documents = Json::array();
  for (auto const& each : check_files(home.library(), arguments.positionals)) {
    documents.push(document_of(each));
    if (each.error && status == 0) status = exit_status(each.error->code());
    if (session.json()) continue;
    for (auto const& warning : each.warnings) session.print("warning: " + to_string(warning, each.file));
    session.print(each.error ? each.error->message() : each.file + ": good");
  }
  if (session.json()) session.print_json(documents);
  return status;
}

}  // namespace

Verb check_verb() {
  Verb verb;
  verb.name = "check";
  verb.positionals = "FILE.yaml…";
  verb.about = "Check pipelines and tasks, and say all that is wrong with them";
  verb.details = "Every problem has its file, line and column, and what would fix it. Nothing is run.";
  verb.example = "shoal check my-pipeline.yaml my-task.yaml";
  verb.min_positionals = 1;
  verb.max_positionals = -1;
  verb.run = check;
  return verb;
}

}  // namespace shoal::cli
