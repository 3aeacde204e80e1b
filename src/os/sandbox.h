// What a worker may do. The launcher prepares a sandbox, the child enters it before the program starts, and
// our own workers tighten it before the first byte of foreign input. What the kernel cannot give is reported,
// never skipped in silence. Elsewhere: sandbox_init profiles on macOS; an AppContainer and a job object on
// Windows.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace shoal::os {

// Paths are files or folders (with all below them) and must exist. Always readable besides these: the
// system's library folders, the loader's cache, locale and time zone data, the processor's description, and
// the process's own entry in /proc; /dev/null can be written, too.
struct SandboxSpec {
  // Programs that may be executed. Their loader or script interpreter is added by itself.
  std::vector<std::string> execute_paths;
  std::vector<std::string> read_paths;
  // Everything but executing, making devices, sockets and FIFOs, and (unless subprocesses are allowed, as the
  // kernel cannot confine it to these paths) changing modes, owners and times by path.
  std::vector<std::string> write_paths;
  bool allow_network = false;
  // Starting processes: threads are always allowed. Which programs is still up to execute_paths.
  bool allow_subprocesses = false;
  // Heap, stacks and other private memory; not mapped files. Do not set it for a sanitizer build.
  std::optional<std::uint64_t> memory_bytes;
  // Writing beyond this is an error (EFBIG) for the worker. Memory files count as well.
  std::optional<std::uint64_t> file_size_bytes;
  std::optional<std::uint64_t> open_files;
};

// Immutable; one may serve any number of children, from any thread. The caller keeps it until spawn returns.
class PreparedSandbox {
 public:
  ~PreparedSandbox();
  PreparedSandbox(PreparedSandbox const&) = delete;
  PreparedSandbox& operator=(PreparedSandbox const&) = delete;

  // What this kernel or container cannot give of it, each with the reason. Empty: all is in force.
  std::vector<std::string> const& missing() const { return missing_; }

  // For Process::spawn, in the child: system calls only, no allocation. On failure gives the error number and
  // says in `step` what failed (a string of static life); otherwise 0.
  int enter(char const*& step) const noexcept;

  struct Parts;  // what only sandbox.cpp knows

 private:
  friend Result<std::unique_ptr<PreparedSandbox>> prepare_sandbox(SandboxSpec const& spec);
  PreparedSandbox(std::unique_ptr<Parts> parts, std::vector<std::string> missing);

  std::unique_ptr<Parts> parts_;
  std::vector<std::string> missing_;
};

// Error not_found for a path that does not exist.
Result<std::unique_ptr<PreparedSandbox>> prepare_sandbox(SandboxSpec const& spec);

// What a worker of ours still needs after its start. Rules only ever get narrower: a path must have been
// allowed by the launcher as well.
struct TightenSpec {
  std::vector<std::string> read_paths;
  std::vector<std::string> write_paths;
};

// Called by a worker on its main thread before it starts others (threads that exist keep their old path
// rules): from here on no exec, no new process, no signal to others, no socket made, no device control, and
// no path opened except those named and the process's own /proc entry. Open descriptors go on working, and so
// do send, receive and threads. Gives what is missing, as PreparedSandbox::missing does.
Result<std::vector<std::string>> tighten_sandbox(TightenSpec const& spec);

// One means of protection, for `shoal doctor`.
struct SandboxFeature {
  std::string name;  // "network namespace"
  bool available = false;
  std::string detail;  // "Landlock ABI 7", or why it is missing and what would help
};

struct SandboxSupport {
  int landlock_abi = 0;  // 0: none
  bool seccomp = false;
  bool network_namespace = false;        // by right, or inside a user namespace of our own
  std::vector<SandboxFeature> features;  // all of them, for people

  bool complete() const;
};

// Tries each of them in a short-lived child.
SandboxSupport sandbox_support();

}  // namespace shoal::os
