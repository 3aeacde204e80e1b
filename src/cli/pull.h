// Fetching models for a verb, with progress and notes.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/session.h"
#include "net/egress.h"
#include "runtime/runtime.h"

namespace shoal::cli {

// A pull that the user asked for may contact every source.
net::EgressPolicy pull_policy();

// `account` holds what was contacted. `as`: see store::PullOptions.
Result<store::PullResult> pull_model(Session& session, runtime::Runtime& home, std::string const& name,
                                     net::EgressAccount& account, std::string const& as = {});
// With notes and progress under `name`.
store::PullOptions pull_options(Session& session, std::string const& name);

// On a terminal: asks whether to pull what `name` needs and this machine lacks. Elsewhere, or where the
// answer is no, nothing happens: linking it names what is missing.
Result<void> offer_missing_models(Session& session, runtime::Runtime& home, std::string const& name);

// "45.2 MB of 98.4 MB  12.1 MB/s  4.4 s left".
std::string describe(store::PullProgress const& progress);

}  // namespace shoal::cli
