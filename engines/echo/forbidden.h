// What a hostile worker would try. The only part of an engine that makes system calls of its own.
#pragma once

#include <string>
#include <vector>

namespace shoal::echo_engine {

struct Attempt {
  std::string name;
  bool allowed = false;
};

// Opens sockets, reads and writes below `path`, starts a program, makes an io_uring, traces its parent.
std::vector<Attempt> try_forbidden(std::string const& path);

}  // namespace shoal::echo_engine
