// `shoal serve`: the long-lived host of a home, which speaks HTTP on the home's socket until it is told to
// end or nobody has wanted anything for some time.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "runtime/runtime.h"

namespace shoal::http {

// The socket of a home's host.
std::string socket_of(runtime::Runtime const& runtime);

struct ServeOptions {
  std::optional<Duration> idle_exit;  // ends when nothing was asked for so long
  std::function<void()> on_ready;     // clients are heard from now on
  std::stop_token stop;               // cancels what runs and ends
};

// Takes the home, and blocks until the end. busy: another process has it.
Result<void> serve(runtime::Runtime& runtime, Clock const& clock, ServeOptions const& options);

}  // namespace shoal::http
