#include "base/result.h"

#include <array>

namespace shoal {
namespace {

struct CodeEntry {
  Code code;
  std::string_view name;
  int exit_status;
};

// Exit statuses: 1 failed, 2 wrong usage or document, 3 not found, 4 refused by policy, 5 an answer
// that failed its checks, 130 interrupted (as a shell reports SIGINT).
constexpr std::array<CodeEntry, 13> kCodes = {{
    {Code::invalid_argument, "invalid_argument", 2},
    {Code::not_found, "not_found", 3},
    {Code::already_exists, "already_exists", 1},
    {Code::out_of_memory, "out_of_memory", 1},
    {Code::busy, "busy", 1},
    {Code::cancelled, "cancelled", 130},
    {Code::deadline_exceeded, "deadline_exceeded", 1},
    {Code::unavailable, "unavailable", 1},
    {Code::engine_failed, "engine_failed", 1},
    {Code::refused, "refused", 4},
    {Code::checks_failed, "checks_failed", 5},
    {Code::unsupported, "unsupported", 1},
    {Code::internal, "internal", 1},
}};

constexpr bool in_order_of_enum() {
  for (std::size_t i = 0; i < kCodes.size(); ++i) {
    if (static_cast<std::size_t>(kCodes[i].code) != i) return false;
  }
  return true;
}
static_assert(in_order_of_enum());

CodeEntry const& entry(Code code) {
  auto index = static_cast<std::size_t>(code);
  CHECK(index < kCodes.size());
  return kCodes[index];
}

}  // namespace

std::string_view code_name(Code code) { return entry(code).name; }

std::optional<Code> code_from_name(std::string_view name) {
  for (auto const& candidate : kCodes) {
    if (candidate.name == name) return candidate.code;
  }
  return std::nullopt;
}

int exit_status(Code code) { return entry(code).exit_status; }

Error Error::within(std::string_view context) && {
  std::string message;
  message.reserve(context.size() + 2 + message_.size());
  message.append(context).append(": ").append(message_);
  return Error(code_, std::move(message));
}

}  // namespace shoal
