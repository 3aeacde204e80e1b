#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace shoal::detail {

void check_failed(std::string_view condition, std::string_view message, char const* file, int line,
                  char const* function) {
  std::fprintf(stderr, "%s:%d: CHECK(%.*s) failed in %s%s%.*s\n", file, line,
               static_cast<int>(condition.size()), condition.data(), function, message.empty() ? "" : ": ",
               static_cast<int>(message.size()), message.data());
  std::abort();
}

}  // namespace shoal::detail
