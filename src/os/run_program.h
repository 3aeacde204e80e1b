// Running a program to its end and keeping what it says: package clients, compilers, formatters. Any thread.
// Elsewhere: the same on macOS; overlapped pipes and a job object on Windows.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "os/process.h"

namespace shoal::os {

enum class OutputStream { standard_output, standard_error };

struct RunOptions {
  std::optional<Duration> timeout;
  // Of each stream this much is kept from its beginning; more is dropped (and said), on_line still sees it.
  std::uint64_t max_output_bytes = 16u << 20;
  // Each complete line without its end ('\n' or '\r', so that progress bars give lines), called by the
  // caller's thread. Lines over 64 KiB come in parts.
  std::function<void(OutputStream, std::string_view)> on_line;
  std::stop_token stop;
};

struct RunResult {
  ExitStatus status;
  std::string standard_output;
  std::string standard_error;
  bool truncated = false;
};

// Runs a program to its end, for package clients and tools. A program that ends with an exit code is a
// result, not an error. Errors: those of spawn; cancelled; deadline_exceeded: the whole process group is then
// dead. `command.descriptors` must not list 1 and 2.
Result<RunResult> run_program(Command const& command, RunOptions const& options = {});

}  // namespace shoal::os
