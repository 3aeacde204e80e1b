#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "cli/render.h"
#include "cli/session.h"
#include "cli/shelf_files.h"
#include "cli/verbs.h"

namespace shoal::cli {
namespace {

namespace fs = std::filesystem;

constexpr char const* kShelfPipeline = "shelf-ask";
constexpr int kMostLookedAt = 500;  // entries of the working folder

std::vector<std::string> shelves_of(runtime::Runtime& home) {
  std::error_code failed;
  std::vector<std::string> names;
  for (fs::directory_iterator at(home.home().data + "/shelves", failed), end; !failed && at != end;
       at.increment(failed)) {
    names.push_back(at->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// A document of the working folder that `pipeline` puts on a shelf, with a name that a shell takes as it is.
std::string document_here(std::string_view pipeline) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  std::error_code failed;
  int looked_at = 0;
  for (fs::directory_iterator at(".", failed), end; !failed && at != end && ++looked_at < kMostLookedAt;
       at.increment(failed)) {
    auto const name = at->path().filename().string();
    std::error_code unknown;
    if (name.front() != '-' && name.find_first_not_of(kPlain) == std::string::npos &&
        is_document_name(name) && adding_pipeline(name) == pipeline && at->is_regular_file(unknown))
      return name;
  }
  return {};
}

struct NextStep {
  std::string command;
  std::string reason;
};

// What the last run left to be done.
Result<void> add_last_run(std::vector<NextStep>& steps, runtime::Runtime& home) {
  TRY(home.note_interrupted_runs());
  auto const runs = TRY(home.journal().runs(1));
  if (runs.empty()) return {};
  auto const& last = runs.front();
  if (last.state == "failed" || last.state == "interrupted")
    steps.push_back({"shoal show " + last.run, "the last run, of " + last.name + ": " + last.state});
  return {};
}

void add_models(std::vector<NextStep>& steps, runtime::Runtime& home) {
  for (auto const& model : home.library().missing_models(kShelfPipeline)) {
    steps.push_back({"shoal pull " + model.entry.name,
                     human_bytes(model.entry.size()) + "; questions to a shelf need it"});
  }
  for (auto const& model : home.models().list()) {
    auto const& offered = model.entry.operations;
    if (!model.installed() || std::find(offered.begin(), offered.end(), "generate") == offered.end())
      continue;
    steps.push_back({"shoal run " + model.entry.name + ".generate \"Name three rivers.\"",
                     "a small model at work; tasks and pipelines make more of it"});
    return;
  }
}

void add_shelves(std::vector<NextStep>& steps, runtime::Runtime& home) {
  auto const shelves = shelves_of(home);
  auto const scan = document_here("shelf-add");
  auto const document = scan.empty() ? document_here("shelf-add-text") : scan;
  steps.push_back(
      {"shoal run scan-to-text " + (scan.empty() ? "FILE.pdf" : scan), "the text of a scan; needs no model"});
  steps.push_back({"shoal shelf add " + (document.empty() ? "FILES…" : document),
                   "makes PDFs, scans and texts searchable"});
  if (shelves.empty()) return;
  bool const is_default = std::find(shelves.begin(), shelves.end(), "default") != shelves.end();
  auto const option = is_default ? std::string() : " --shelf " + shelves.front();
  bool const can_ask = home.library().missing_models(kShelfPipeline).empty();
  steps.push_back(
      can_ask ? NextStep{"shoal shelf ask \"…\"" + option, "an answer with the page that says so"}
              : NextStep{"shoal shelf search \"…\"" + option, "the pages with these words; needs no model"});
}

Result<std::vector<NextStep>> next_steps(runtime::Runtime& home) {
  std::vector<NextStep> steps;
  TRY(add_last_run(steps, home));
  add_models(steps, home);
  add_shelves(steps, home);
  steps.push_back(
      {"shoal new pipeline my-first", "a document to begin with; `shoal pipelines` lists those there are"});
  steps.push_back({"shoal doctor", "whether all is well with this machine"});
  steps.push_back({"shoal --help", "all verbs"});
  return steps;
}

std::string counted(std::size_t count, std::string const& one, std::string const& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

}  // namespace

Result<int> show_next_steps(Session& session) {
  auto& home = *TRY(session.home());
  std::size_t installed = 0;
  for (auto const& model : home.models().list()) installed += model.installed() ? 1 : 0;
  auto const& all = home.library().engines();
  auto const engines = static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [](auto const& each) { return !each.for_tests; }));
  if (engines == 0) {
    return Error(Code::unavailable,
                 "no engines are installed beside this program; `shoal doctor` says where they are expected");
  }
  auto const shelves = shelves_of(home).size();
  auto const steps = TRY(next_steps(home));
  if (session.json()) {
    Json documents = Json::array();
    for (auto const& step : steps)
      documents.push(Json::object({{"command", step.command}, {"reason", step.reason}}));
    session.print_json(Json::object(
        {{"engines", engines}, {"models", installed}, {"shelves", shelves}, {"next", std::move(documents)}}));
    return 0;
  }
  session.print("Shoal " + session.environment().version + ": " + counted(engines, "engine", "engines") +
                ", " + counted(installed, "model", "models") + ", " + counted(shelves, "shelf", "shelves") +
                " on this machine.\n\nTry next:");
  for (auto const& step : steps) session.print("  " + step.command + "\n      " + step.reason);
  return 0;
}

}  // namespace shoal::cli
