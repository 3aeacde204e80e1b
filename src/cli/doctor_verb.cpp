#include <algorithm>

#include "cli/session.h"
#include "cli/verbs.h"

namespace shoal::cli {
namespace {

using runtime::Finding;

std::string_view mark_of(Finding::State state) {
  switch (state) {
    case Finding::State::good: return "  ok    ";
    case Finding::State::weak: return "  weak  ";
    case Finding::State::broken: return "  BROKEN";
  }
  return "";
}

Json document_of(Finding const& finding) {
  return Json::object({{"subject", finding.subject},
                       {"state", name_of(finding.state)},
                       {"detail", finding.detail},
                       {"remedy", finding.remedy}});
}

Result<int> doctor(Session& session, Arguments const&) {
  auto const findings = session.environment().examine(session.mirror_files());
  Json documents = Json::array();
  for (auto const& finding : findings) {
    documents.push(document_of(finding));
    if (session.json()) continue;
    session.print(std::string(mark_of(finding.state)) + "  " + finding.subject + ": " + finding.detail);
    if (!finding.remedy.empty()) session.print("            " + finding.remedy);
  }
  if (session.json()) session.print_json(documents);
  bool const broken = std::any_of(findings.begin(), findings.end(), [](auto const& finding) {
    return finding.state == Finding::State::broken;
  });
  return broken ? 1 : 0;
}

}  // namespace

Verb doctor_verb() {
  Verb verb;
  verb.name = "doctor";
  verb.about = "Look at this machine, the installation and the home, and say how to mend what is not right";
  verb.details = "Exit status 1 when something is broken; what is only weak does not count.";
  verb.example = "shoal doctor";
  verb.run = doctor;
  return verb;
}

}  // namespace shoal::cli
