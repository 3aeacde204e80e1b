// What standard output and standard error are connected to. Any thread.
// Elsewhere: the same on macOS; GetConsoleMode on Windows.
#pragma once

#include <optional>

namespace shoal::os {

enum class StandardStream { input, output, error };

bool is_terminal(StandardStream stream);
// Columns, where the stream is a terminal that says so.
std::optional<int> terminal_width(StandardStream stream);
// A terminal, TERM is not "dumb", and NO_COLOR is not set (no-color.org).
bool wants_color(StandardStream stream);

}  // namespace shoal::os
