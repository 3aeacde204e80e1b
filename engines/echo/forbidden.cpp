#include "engines/echo/forbidden.h"

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace shoal::echo_engine {
namespace {

bool opened(int descriptor) {
  if (descriptor >= 0) close(descriptor);
  return descriptor >= 0;
}

bool makes_ring() {
  std::array<char, 256> parameters{};  // more than the kernel's struct has
  return opened(static_cast<int>(syscall(SYS_io_uring_setup, 1, parameters.data())));
}

bool forks() {
  auto const child = fork();
  if (child == 0) _exit(0);
  if (child > 0) waitpid(child, nullptr, 0);
  return child > 0;
}

}  // namespace

std::vector<Attempt> try_forbidden(std::string const& path) {
  auto const file = path + "/written-by-a-worker";
  return {
      {"internet socket", opened(socket(AF_INET, SOCK_STREAM, 0))},
      {"unix socket", opened(socket(AF_UNIX, SOCK_STREAM, 0))},
      {"read folder", opened(open(path.c_str(), O_RDONLY | O_DIRECTORY))},
      {"read system file", opened(open("/etc/passwd", O_RDONLY))},
      {"write file", opened(open(file.c_str(), O_WRONLY | O_CREAT, 0600))},
      {"start a process", forks()},
      // Replaces this process when it is allowed, which the host sees as a crash.
      {"execute a program", execl("/bin/true", "true", static_cast<char*>(nullptr)) == 0},
      {"make a ring of system calls", makes_ring()},
      {"trace the host", ptrace(PTRACE_ATTACH, getppid(), nullptr, nullptr) == 0},
  };
}

}  // namespace shoal::echo_engine
