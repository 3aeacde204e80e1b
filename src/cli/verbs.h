// The verbs, a file for one or a family.
#pragma once

#include <vector>

#include "cli/arguments.h"

namespace shoal::cli {

// As `shoal --help` lists them.
std::vector<Verb> all_verbs();

Verb run_verb();
Verb check_verb();
Verb runs_verb();
Verb ledger_verb();
std::vector<Verb> model_verbs();
std::vector<Verb> upkeep_verbs();
std::vector<Verb> cache_verbs();
std::vector<Verb> shelf_verbs();
std::vector<Verb> list_verbs();
std::vector<Verb> host_verbs();
Verb show_verb();
Verb cancel_verb();
Verb resume_verb();
Verb new_verb();
Verb completion_verb();
Verb doctor_verb();

// What things that can be run take and give.
Result<int> show_callables(Session& session, std::vector<std::string> const& names);
// A model, as `shoal show` says it; not_found with the nearest name.
Result<int> show_model(Session& session, std::string const& name);

// `shoal` without a verb: what this machine has, and what to try next.
Result<int> show_next_steps(Session& session);

}  // namespace shoal::cli
