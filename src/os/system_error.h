// The one table from the system's error numbers to our codes. Any thread.
// Elsewhere: errno is the same on macOS; on Windows a second table for GetLastError.
#pragma once

#include <string_view>

#include "base/result.h"

namespace shoal::os {

// `what` says what was being done to which thing: "opening /a/b". The message becomes
// "opening /a/b: no such file or folder".
Error system_error(int error_number, std::string_view what);
// The same for the calling thread's errno.
Error last_system_error(std::string_view what);

}  // namespace shoal::os
