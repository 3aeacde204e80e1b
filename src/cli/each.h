// `shoal run NAME --each FILE.jsonl`: a run for every line, one line out for every line in, in order. Several
// lines are under way at once; memory does not grow with the number of lines.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/execute.h"
#include "cli/session.h"

namespace shoal::cli {

struct EachRequest {
  Runnable runnable;
  value::Value constant;  // inputs that all lines have in common, unless a line says otherwise
  std::string file;       // "-": standard input
  std::string out;        // "": standard output
  bool strict = false;
  EventWriter* events = nullptr;
};
// Exit status 1 when a line failed; its answer is {"error": {…}}.
Result<int> run_each(Session& session, EachRequest const& request);

}  // namespace shoal::cli
