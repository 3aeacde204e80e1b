// Conditions that only a bug can break. A broken one prints where and ends the process: a worker's
// host or the journal makes that harmless, going on does not.
#pragma once

#include <string_view>

namespace shoal::detail {
// The built-in functions stand in for std::source_location, which clang 14 lacks.
[[noreturn]] void check_failed(std::string_view condition, std::string_view message = {},
                               char const* file = __builtin_FILE(), int line = __builtin_LINE(),
                               char const* function = __builtin_FUNCTION());
}  // namespace shoal::detail

#define CHECK(condition) ((condition) ? void() : ::shoal::detail::check_failed(#condition))
