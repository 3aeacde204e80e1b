// What the host of a home says of itself (docs/http.md, `state`), for people.
#pragma once

#include <string>

#include "base/json.h"

namespace shoal::cli {

// All of it: the host, memory and cores, who is resident, what runs.
std::string render_state(Json const& state);
// What was decided about a model and why, newest first; "" where there was nothing.
std::string render_reasons(Json const& state, std::string const& model);

}  // namespace shoal::cli
