#include "cli/runner.h"

#include <thread>

#include "cli/session.h"

namespace shoal::cli {
namespace {

constexpr auto kLookAgain = std::chrono::milliseconds(5);

using FoundHost = Result<std::unique_ptr<http::HostClient>>;

// Of this build. not_found: none listens.
FoundHost find_own_host(Session& session) {
  auto host = TRY(find_host(session));
  if (TRY(host->is_own_build())) return host;
  session.note("the host of this home is another build of Shoal; it ends when it has nothing under way");
  TRY(end_host(session, *host, Ending::gracefully));
  return Error(Code::not_found, "no host of this build listens");
}

FoundHost find_or_start_host(Session& session) {
  auto host = find_own_host(session);
  // unavailable: it went between two questions.
  if (host || (host.error().code() != Code::not_found && host.error().code() != Code::unavailable))
    return host;
  TRY(session.environment().start_host([&session] { return find_host(session).has_value(); }));
  return find_host(session);
}

std::int64_t process_of(http::HostClient& host) {
  auto const state = host.get("state");
  return state ? (*state)["process_id"].as_integer() : 0;
}

}  // namespace

FoundHost find_host(Session& session) {
  return http::HostClient::connect(*TRY(session.home()), session.environment().stop);
}

Result<void> end_host(Session& session, http::HostClient& host, Ending ending) {
  auto const process = process_of(host);
  TRY(host.post(ending == Ending::now ? "stop?now=true" : "stop"));
  for (;;) {
    auto const found = find_host(session);
    if (!found && found.error().code() == Code::not_found) return {};
    if (auto const other = found ? process_of(**found) : 0; other != 0 && other != process) return {};
    if (session.environment().stop.stop_requested()) return Error(Code::cancelled, "cancelled");
    std::this_thread::sleep_for(kLookAgain);
  }
}

Result<std::unique_ptr<Runner>> Runner::open(Session& session) {
  std::unique_ptr<Runner> runner(new Runner(session, *TRY(session.home())));
  if (!session.environment().start_host) return runner;
  auto host = find_or_start_host(session);
  if (host) {
    runner->host_.with([&](Host& place) { place = std::move(*host); });
  } else if (host.error().code() == Code::cancelled) {
    return host.error();
  } else if (host.error().code() != Code::busy) {  // busy: it will be waited for
    session.note(host.error().message() + "; this command does its work without it");
  }
  return runner;
}

Result<Runner::Host> Runner::next_host(Host const& gone) {
  if (session_.environment().stop.stop_requested()) return Error(Code::cancelled, "cancelled");
  // One thread looks for it, the others find it.
  return host_.with([&](Host& host) -> Result<Host> {
    if (host != gone) return host;
    std::this_thread::sleep_for(kLookAgain);
    host = TRY(find_or_start_host(session_));
    return host;
  });
}

runtime::RunResult Runner::ask(Host host, Question const& question) {
  for (;;) {
    if (auto result = question(*host)) return std::move(*result);
    auto next = next_host(host);
    if (!next) return runtime::RunResult::failed(next.error());
    host = std::move(*next);
  }
}

runtime::RunResult Runner::run(Runnable const& runnable, runtime::RunRequest request) {
  auto host = host_.with([](Host& place) { return place; });
  request.what = runnable.what;
  request.part = runnable.part;
  if (!host) return home_.run(runnable.target, std::move(request));
  return ask(std::move(host), [&](auto& asked) { return asked.run(runnable.what, request); });
}

runtime::RunResult Runner::resume(std::string const& run, runtime::RunRequest request) {
  auto host = host_.with([](Host& place) { return place; });
  if (!host) return home_.resume(run, std::move(request));
  return ask(std::move(host), [&](auto& asked) { return asked.resume(run, request); });
}

}  // namespace shoal::cli
