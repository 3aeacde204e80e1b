// A lock between processes that says who holds it. The kernel releases it when the holder dies.
// Elsewhere: flock on macOS too; LockFileEx on Windows.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <variant>

#include "base/result.h"
#include "os/descriptor.h"

namespace shoal::os {

// Held until destroyed. The lock file itself stays: removing it would let two processes hold "the" lock.
// Two FileLocks on one path exclude each other within one process as well.
class FileLock {
 public:
  struct Holder {
    int process_id = 0;  // 0: it has not written its note yet
    std::string note;    // what the holder said that it does, such as its command line

    // "process 4711 (shoal run scan-to-text)"
    std::string describe() const;
  };

  // The lock, or who has it. Makes the file if it is missing; its folder must exist.
  static Result<std::variant<FileLock, Holder>> try_acquire(std::string const& path, std::string const& note);
  // Waits. `on_wait` is called when waiting begins and whenever another process becomes the holder.
  // Error `cancelled` when `stop` is requested.
  static Result<FileLock> acquire(std::string const& path, std::string const& note,
                                  std::stop_token const& stop,
                                  std::function<void(Holder const&)> const& on_wait = {});

 private:
  explicit FileLock(Descriptor file) : file_(std::move(file)) {}

  Descriptor file_;
};

// This process's program and its first words, which say what it does, as a line of readable length: a note
// for FileLock. Not what follows them: prompts and inputs belong to the user.
std::string own_command_line();

}  // namespace shoal::os
