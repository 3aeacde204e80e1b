// Ctrl-C and the request to end, as an ordinary call on an ordinary thread.
// Elsewhere: the same on macOS; SetConsoleCtrlHandler on Windows.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "base/result.h"
#include "os/poller.h"

namespace shoal::os {

// While it lives, the first SIGINT, SIGTERM or SIGHUP calls `on_stop(signal)` on a thread of its own, with no
// locks held; the second one kills the process as if nothing were installed. One at a time in a process,
// owned by main().
class StopSignals {
 public:
  static Result<std::unique_ptr<StopSignals>> install(std::function<void(int signal)> on_stop);

  StopSignals(StopSignals const&) = delete;
  StopSignals& operator=(StopSignals const&) = delete;
  ~StopSignals();

 private:
  StopSignals(std::function<void(int)> on_stop, Wakeup received, Wakeup ended);
  void run();

  std::function<void(int)> on_stop_;
  Wakeup received_;
  Wakeup ended_;
  std::thread thread_;
};

// Writing to a closed pipe becomes an error instead of a death. Call it first in main().
void ignore_broken_pipes();
// The same of a file that grows beyond the limit of its size (ulimit -f).
void ignore_file_size_limit();

}  // namespace shoal::os
