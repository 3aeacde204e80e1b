#include "os/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace shoal::os {
namespace {

int number_of(StandardStream stream) {
  switch (stream) {
    case StandardStream::input: return STDIN_FILENO;
    case StandardStream::output: return STDOUT_FILENO;
    case StandardStream::error: return STDERR_FILENO;
  }
  return -1;
}

}  // namespace

bool is_terminal(StandardStream stream) { return isatty(number_of(stream)) == 1; }

std::optional<int> terminal_width(StandardStream stream) {
  winsize size = {};
  if (ioctl(number_of(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return size.ws_col;
}

bool wants_color(StandardStream stream) {
  char const* const no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  char const* const terminal = std::getenv("TERM");
  if (terminal != nullptr && std::string_view(terminal) == "dumb") return false;
  return is_terminal(stream);
}

}  // namespace shoal::os
