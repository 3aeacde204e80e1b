// Running something by name for a verb: what it needs is offered, progress is shown, Ctrl-C ends it.
#pragma once

#include <fstream>
#include <memory>
#include <string>

#include "base/guarded.h"
#include "base/result.h"
#include "cli/session.h"
#include "runtime/runtime.h"

namespace shoal::cli {

// What `word` means: a document in a file, which is added to the library, or a name of it. Models that it
// needs and that are missing are offered on a terminal. Ready to run.
Result<Runnable> prepare(Session& session, std::string const& word);
// The first half of it: the name in the library.
Result<std::string> resolve(Session& session, std::string const& word);

// Where events go as lines of JSON. Any thread.
class EventWriter {
 public:
  // `file`: "-" is `output`. A file is begun anew.
  static Result<std::unique_ptr<EventWriter>> open(std::string const& file, std::ostream& output);
  void write(runtime::Event const& event);

 private:
  struct Target {
    std::ofstream file;
    std::ostream* out = nullptr;
  };
  Guarded<Target> target_;
};

struct RunWishes {
  bool strict = false;            // an answer that failed its checks is an error
  std::string label;              // what the progress line begins with
  EventWriter* events = nullptr;  // that also hears what happens
};
// Nothing may leave the machine.
runtime::RunResult execute(Session& session, Runnable const& runnable, value::Value inputs,
                           RunWishes wishes = {});
// Goes on with a run of the journal in the same way.
runtime::RunResult resume(Session& session, std::string const& run, RunWishes wishes = {});

// An output `missing`, a list of {page, reason}, says what an answer lacks: that is told on standard error.
// `prefix` begins each line.
void complain_of_missing(Session& session, value::Value const& outputs, std::string const& prefix = {});

}  // namespace shoal::cli
