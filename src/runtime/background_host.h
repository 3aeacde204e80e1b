// The host of a home as a process in the background: `shoal serve`, started by the first command that needs
// it.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "os/paths.h"

namespace shoal::runtime {

struct BackgroundHost {
  os::Home home;
  std::string idle_exit;               // as `shoal serve --idle-exit` takes it
  std::function<bool()> is_listening;  // asked some times, until it is true
  std::stop_token stop;                // ends the waiting
};

// Returns when it listens. busy: another process has the home, and is no such host; otherwise why it could
// not be started, with where its log is.
Result<void> start_in_background(BackgroundHost const& host);

}  // namespace shoal::runtime
