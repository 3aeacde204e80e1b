#include "cli/runner.h"

#include <thread>

#include "cli/session.h"

namespace shoal::cli {
namespace {

constexpr auto kLookAgain = std::chrono::milliseconds(5);

// Of this build. not_found: none listens.
Result<std::unique_ptr<http::HostClient>> find_own_host(Session& session) {
  auto host = TRY(find_host(session));
  if (TRY(host->is_own_build())) return host;
  session.note("the host of this home is another build of Shoal; it ends when it has nothing under way");
  TRY(end_host(session, *host, false));
  return Error(Code::not_found, "no host of this build listens");
}

Result<std::unique_ptr<http::HostClient>> find_or_start_host(Session& session) {
  auto host = find_own_host(session);
  if (host || host.error().code() != Code::not_found) return host;
  TRY(session.environment().start_host([&session] { return find_host(session).has_value(); }));
  return find_host(session);
}

}  // namespace

Result<std::unique_ptr<http::HostClient>> find_host(Session& session) {
  return http::HostClient::connect(*TRY(session.home()));
}

Result<void> end_host(Session& session, http::HostClient& host, bool now) {
  TRY(host.post(now ? "stop?now=true" : "stop"));
  while (find_host(session)) {
    if (session.environment().stop.stop_requested()) return Error(Code::cancelled, "cancelled");
    std::this_thread::sleep_for(kLookAgain);
  }
  return {};
}

Result<std::unique_ptr<Runner>> Runner::open(Session& session) {
  std::unique_ptr<Runner> runner(new Runner(*TRY(session.home())));
  if (!session.environment().start_host) return runner;
  auto host = find_or_start_host(session);
  if (host) {
    runner->host_ = std::move(*host);
  } else if (host.error().code() == Code::cancelled) {
    return host.error();
  } else if (host.error().code() != Code::busy) {  // busy: it will be waited for
    session.note(host.error().message() + "; this command does its work without it");
  }
  return runner;
}

runtime::RunResult Runner::run(Runnable const& runnable, runtime::RunRequest request) {
  if (host_) return host_->run(runnable.what, std::move(request));
  return home_.run(runnable.target, std::move(request));
}

}  // namespace shoal::cli
