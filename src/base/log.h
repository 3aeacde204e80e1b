// The log: the one global of the program. Messages are for the person who runs it; prompts, inputs
// and secrets never go in. Any thread.
#pragma once

#include <string_view>

namespace shoal {

enum class LogLevel { debug, info, warning, error, off };

// What is below the level is dropped. `name` is the program's or worker's name, put in each line.
// Writes to standard error. Until then nothing is logged.
void start_log(std::string_view name, LogLevel level);
void set_log_level(LogLevel level);
bool log_enabled(LogLevel level);

void log(LogLevel level, std::string_view message);
inline void log_debug(std::string_view message) { log(LogLevel::debug, message); }
inline void log_info(std::string_view message) { log(LogLevel::info, message); }
inline void log_warning(std::string_view message) { log(LogLevel::warning, message); }
inline void log_error(std::string_view message) { log(LogLevel::error, message); }

}  // namespace shoal
