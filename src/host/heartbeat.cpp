#include "host/heartbeat.h"

#include "base/text.h"

namespace shoal::host {
namespace {

constexpr double kLittle = 0.05;

}  // namespace

void Heartbeat::used(double cpu_seconds, bool has_calls, MonotonicTime now) {
  // Answering pings takes some, too.
  if (has_calls && cpu_seconds - cpu_seconds_ < kLittle) return;
  worked_ = now;
  cpu_seconds_ = cpu_seconds;
}

bool Heartbeat::wants_ping(MonotonicTime now) const {
  return greeted_ && answered() && now - last_ping_ >= patience_.ping_interval;
}

std::optional<std::string> Heartbeat::complaint(MonotonicTime now) const {
  auto const words = [](std::string const& what, Duration patience) {
    return what + human_seconds(seconds(patience));
  };
  if (!greeted_ && now - started_ > patience_.hello)
    return words("did not say hello within ", patience_.hello);
  if (greeted_ && !answered() && now - last_ping_ > patience_.ping)
    return words("did not answer for ", patience_.ping);
  if (now - worked_ > patience_.idle) return words("had calls and did nothing for ", patience_.idle);
  return std::nullopt;
}

}  // namespace shoal::host
