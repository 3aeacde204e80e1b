// Running something by name for a verb: what it needs is offered, progress is shown, Ctrl-C ends it.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/session.h"
#include "runtime/runtime.h"

namespace shoal::cli {

// What `word` means: a document in a file, which is added to the library, or a name of it. Models that it
// needs and that are missing are offered on a terminal. Ready to run.
Result<runtime::Target> prepare(Session& session, std::string const& word);

struct RunWishes {
  bool strict = false;  // an answer that failed its checks is an error
  std::string label;    // what the progress line begins with
};
// Nothing may leave the machine.
runtime::RunResult execute(Session& session, runtime::Runtime& home, std::string const& name,
                           value::Value inputs, RunWishes wishes = {});

}  // namespace shoal::cli
