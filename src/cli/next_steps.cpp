#include <filesystem>

#include "base/text.h"
#include "cli/session.h"
#include "cli/verbs.h"

namespace shoal::cli {
namespace {

constexpr char const* kShelfPipeline = "shelf-ask";

bool has_shelf(runtime::Runtime& home) {
  std::error_code failed;
  std::filesystem::directory_iterator const shelves(home.home().data + "/shelves", failed);
  return !failed && shelves != std::filesystem::directory_iterator();
}

struct NextStep {
  std::string command;
  std::string reason;
};

std::vector<NextStep> next_steps(runtime::Runtime& home) {
  std::vector<NextStep> steps;
  for (auto const& model : home.library().missing_models(kShelfPipeline)) {
    steps.push_back({"shoal pull " + model.entry.name,
                     human_bytes(model.entry.size()) + "; questions to a shelf need it"});
  }
  steps.push_back({"shoal run scan-to-text FILE.pdf", "the text of a scan; needs no model"});
  steps.push_back({"shoal shelf add FILES…", "makes PDFs and scans searchable"});
  if (has_shelf(home)) steps.push_back({"shoal shelf ask \"…\"", "an answer with the page that says so"});
  steps.push_back({"shoal --help", "all verbs"});
  return steps;
}

}  // namespace

Result<int> show_next_steps(Session& session) {
  auto& home = *TRY(session.home());
  int installed = 0;
  for (auto const& model : home.models().list()) installed += model.installed() ? 1 : 0;
  auto const engines = home.library().engines().size();
  if (engines == 0) {
    return Error(Code::unavailable,
                 "no engines are installed beside this program; `shoal doctor` says where they are expected");
  }
  auto const steps = next_steps(home);
  if (session.json()) {
    Json documents = Json::array();
    for (auto const& step : steps)
      documents.push(Json::object({{"command", step.command}, {"reason", step.reason}}));
    session.print_json(
        Json::object({{"engines", engines}, {"models", installed}, {"next", std::move(documents)}}));
    return 0;
  }
  session.print("Shoal " + session.environment().version + ": " + std::to_string(engines) + " engines, " +
                std::to_string(installed) + (installed == 1 ? " model" : " models") +
                " on this machine.\n\nTry next:");
  for (auto const& step : steps) session.print("  " + step.command + "\n      " + step.reason);
  return 0;
}

}  // namespace shoal::cli
