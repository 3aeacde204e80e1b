// Child processes: started with exactly what is listed, watched, and never left behind.
// Elsewhere: posix_spawn and kqueue on macOS; CreateProcess and a job object on Windows.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "os/descriptor.h"

namespace shoal::os {

class PreparedSandbox;

struct InheritedDescriptor {
  int target = -1;  // its number in the child
  int source = -1;  // an open descriptor of ours, which stays ours
};

struct Command {
  std::string program;                 // a path; see find_program for names
  std::vector<std::string> arguments;  // without the program's own name
  // Exactly these "NAME=value"; see inherited_environment.
  std::vector<std::string> environment;
  std::string working_folder;  // empty: ours
  // What the child has open. 0, 1 and 2 are /dev/null unless listed; everything else is closed.
  std::vector<InheritedDescriptor> descriptors;
  PreparedSandbox const* sandbox = nullptr;  // entered just before the program starts
  // Kill the child when the thread that spawned it ends (the kernel watches the thread, not the process):
  // spawn from a thread that outlives the child.
  bool dies_with_us = true;
  bool own_session = false;  // no terminal can reach it
};

int own_process_id();
// All variables of this process, as "NAME=value".
std::vector<std::string> whole_environment();

// The variables of this process with these names, as "NAME=value"; missing ones are left out.
std::vector<std::string> inherited_environment(std::vector<std::string> const& names);
// Where the shell would find `name` (a name, or a path with a slash). Error not_found.
Result<std::string> find_program(std::string const& name);

struct ExitStatus {
  int code = 0;    // of exit, when signal == 0
  int signal = 0;  // that killed it, else 0
  double cpu_seconds = 0;
  // The kernel's count starts at what we had when we spawned it; usage_of (machine.h) counts the program
  // alone.
  std::uint64_t peak_rss_bytes = 0;

  bool ok() const { return code == 0 && signal == 0; }
  // "ended with exit code 3", "was killed by signal 9 (Killed)"
  std::string describe() const;
};

// A running child, in a process group of its own, so that Ctrl-C at a terminal reaches only us. One owner
// thread. When the child ends, and when this is destroyed, what is left of its group is killed; the child is
// always reaped, unless it was released.
class Process {
 public:
  // The program is running when this returns; a program that cannot be started is an error with the reason
  // (not_found, unavailable without permission …).
  static Result<std::unique_ptr<Process>> spawn(Command const& command);

  Process(Process const&) = delete;
  Process& operator=(Process const&) = delete;
  ~Process();

  int pid() const { return pid_; }
  // Readable once the child has ended; for a Poller.
  int exit_descriptor() const { return exit_descriptor_.get(); }

  // Its status, once it has ended; the same again after that.
  std::optional<ExitStatus> try_wait();
  ExitStatus wait();
  // Nothing when it still runs after `timeout`.
  std::optional<ExitStatus> wait_for(Duration timeout);

  // Leaves it to itself: it is neither watched nor ended by us any more. It goes on after our own end, unless
  // it dies with us.
  void release();

  void terminate();  // asks: SIGTERM to the group
  void kill();       // SIGKILL to the group

 private:
  Process(int pid, Descriptor exit_descriptor) : pid_(pid), exit_descriptor_(std::move(exit_descriptor)) {}
  void signal_group(int signal);

  int pid_;
  Descriptor exit_descriptor_;
  std::optional<ExitStatus> status_;
  bool released_ = false;
};

}  // namespace shoal::os
