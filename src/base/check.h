// Conditions that only a bug can break. A broken one prints where and ends the process: a worker's
// host or the journal makes that harmless, going on does not.
#pragma once

#include <source_location>
#include <string_view>

namespace shoal::detail {
[[noreturn]] void check_failed(std::string_view condition, std::string_view message = {},
                               std::source_location where = std::source_location::current());
}  // namespace shoal::detail

#define CHECK(condition) ((condition) ? void() : ::shoal::detail::check_failed(#condition))
