#include <cstdlib>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/worker.h"
#include "os/sandbox.h"
#include "os/signals.h"

namespace shoal::engine {
namespace {

constexpr int kHostDescriptor = 3;

std::string environment(char const* name) {
  char const* value = std::getenv(name);
  return value ? value : "";
}

std::vector<std::string> paths(std::string const& list) {
  std::vector<std::string> result;
  for (auto const path : split(list, '\n')) {
    if (!path.empty()) result.emplace_back(path);
  }
  return result;
}

Result<void> serve_host(Engine& engine, std::string const& name) {
  TRY(engine.start().within("starting"));
  // One folder, whose name may have any character in it.
  auto const folder = environment("SHOAL_WORKER_WRITE");
  auto const written = folder.empty() ? std::vector<std::string>() : std::vector{folder};
  auto unprotected = TRY(os::tighten_sandbox({paths(environment("SHOAL_WORKER_READ")), written}));
  wire::Hello hello{wire::kProtocolVersion, name, SHOAL_VERSION, true, std::move(unprotected)};
  SystemClock const clock;
  Worker worker(engine, std::move(hello), wire::Channel(os::Descriptor(kHostDescriptor), wire::End::worker),
                TRY(os::Wakeup::create()), clock);
  return worker.run();
}

}  // namespace

// The host says in the environment what an engine cannot know by itself: SHOAL_WORKER (the engine's name),
// SHOAL_WORKER_READ (folders, a line each), SHOAL_WORKER_WRITE (a folder), SHOAL_WORKER_LOG (a level).
int serve(Engine& engine) {
  auto const name = environment("SHOAL_WORKER");
  if (name.empty()) {
    start_log("engine", LogLevel::error);
    log_error("this is an engine of Shoal; it is started by `shoal`, not by hand");
    return exit_status(Code::invalid_argument);
  }
  start_log("worker " + name, environment("SHOAL_WORKER_LOG") == "debug" ? LogLevel::debug : LogLevel::info);
  os::ignore_broken_pipes();
  auto const served = serve_host(engine, name);
  if (served) return 0;
  log_error(served.error().message());
  return exit_status(served.error().code());
}

}  // namespace shoal::engine
