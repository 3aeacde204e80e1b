// Scripts that complete words for a shell, made from the table of verbs. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"

namespace shoal::cli {

std::string bash_completion(std::vector<Verb> const& verbs);
std::string zsh_completion(std::vector<Verb> const& verbs);
std::string fish_completion(std::vector<Verb> const& verbs);

}  // namespace shoal::cli
