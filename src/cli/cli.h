// The command line: from its words to an exit status. Standard output carries the answer and nothing else;
// notes, progress and the ledger line go to standard error. Used by main() only, on one thread.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "runtime/doctor.h"
#include "runtime/runtime.h"

namespace shoal::cli {

// What the three standard streams are connected to.
struct Terminal {
  bool input = false;  // a person types
  bool output = false;
  bool error = false;
  bool color = false;  // on standard error
  int width = 80;      // of standard error
};

// What a verb says about how the home is to be opened.
struct HomeRequest {
  std::vector<std::string> mirror_files;
  std::function<void(std::string const& holder)> on_wait;
};

// All that the command line needs from outside. What is costly is a function: `--version` opens nothing.
struct Environment {
  std::istream& input;
  std::ostream& output;
  std::ostream& error;
  Clock const& clock;
  Terminal terminal;
  std::string version;
  std::stop_token stop;                   // Ctrl-C
  std::vector<std::string> mirror_files;  // of $SHOAL_MIRRORS
  std::function<Result<std::unique_ptr<runtime::Runtime>>(HomeRequest)> open_home;
  std::function<std::vector<runtime::Finding>(std::vector<std::string> mirror_files)> examine;
  // Starts the host of the home in the background and returns when it listens; errors as
  // runtime::start_in_background. Empty: commands do their work by themselves.
  std::function<Result<void>(std::function<bool()> is_listening)> start_host;
};

// `words`: the program's arguments without its name. Gives the exit status (base/result.h).
int run(Environment& environment, std::vector<std::string> const& words);

}  // namespace shoal::cli
