// Where runs are done: by the host of the home, which the first command starts in the background, or by this
// process, where there can be none.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/guarded.h"
#include "base/result.h"
#include "http/host_client.h"
#include "runtime/runtime.h"

namespace shoal::cli {

class Session;

// Something that is ready to run.
struct Runnable {
  runtime::Target target;
  std::string what;                        // how the host knows it: its name, or the path of its document
  std::optional<runtime::Part> part = {};  // of a pipeline, in place of the whole
};

// Any thread may run; the rest is the session's.
class Runner {
 public:
  // Finds the host, or starts it; a host of another build of this program is ended first, once it has nothing
  // under way. Where that cannot be, says why and works without one.
  static Result<std::unique_ptr<Runner>> open(Session& session);

  // A host that is ending is followed by the next one.
  runtime::RunResult run(Runnable const& runnable, runtime::RunRequest request);
  runtime::RunResult resume(std::string const& run, runtime::RunRequest request);

 private:
  using Host = std::shared_ptr<http::HostClient>;

  Runner(Session& session, runtime::Runtime& home) : session_(session), home_(home) {}
  // What the host answers, or the one after it.
  using Question = std::function<std::optional<runtime::RunResult>(http::HostClient& host)>;
  runtime::RunResult ask(Host host, Question const& question);
  // In place of `gone`.
  Result<Host> next_host(Host const& gone);

  Session& session_;
  runtime::Runtime& home_;
  Guarded<Host> host_;  // nullptr: this process
};

// not_found: no host listens.
Result<std::unique_ptr<http::HostClient>> find_host(Session& session);

enum class Ending { gracefully, now };  // now: what is under way is cancelled
// Returns when that host does not listen any more.
Result<void> end_host(Session& session, http::HostClient& host, Ending ending);

}  // namespace shoal::cli
