#include "cli/verbs.h"

namespace shoal::cli {

std::vector<Verb> all_verbs() {
  std::vector<Verb> verbs = {run_verb(),    check_verb(),  runs_verb(),  show_verb(),
                             cancel_verb(), resume_verb(), ledger_verb()};
  for (auto family :
       {shelf_verbs(), model_verbs(), upkeep_verbs(), cache_verbs(), list_verbs(), host_verbs()})
    verbs.insert(verbs.end(), family.begin(), family.end());
  for (auto& verb : {new_verb(), completion_verb(), doctor_verb()}) verbs.push_back(verb);
  return verbs;
}

}  // namespace shoal::cli
