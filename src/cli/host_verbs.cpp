#include "base/text.h"
#include "cli/render.h"
#include "cli/runner.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "http/server.h"

namespace shoal::cli {
namespace {

Result<std::optional<Duration>> idle_exit_of(Arguments const& arguments) {
  if (!arguments.has("--idle-exit")) return std::optional<Duration>();
  auto const text = arguments.value("--idle-exit");
  if (auto const time = parse_seconds(text)) return std::optional(from_seconds(*time));
  return Error(Code::invalid_argument,
               "`--idle-exit` takes a time such as 30s, 10m or 2h, not `" + printable(text) + "`");
}

Result<int> serve(Session& session, Arguments const& arguments) {
  http::ServeOptions options;
  options.idle_exit = TRY(idle_exit_of(arguments));
  options.stop = session.environment().stop;
  auto& home = *TRY(session.home());
  options.on_ready = [&] { session.note("listening at " + http::socket_of(home) + "; Ctrl-C ends it"); };
  TRY(http::serve(home, session.environment().clock, options));
  return 0;
}

Error no_host() {
  return Error(Code::not_found, "no host of this home runs; the first `shoal run` starts it");
}

Result<std::unique_ptr<http::HostClient>> require_host(Session& session) {
  auto host = find_host(session);
  if (!host && host.error().code() == Code::not_found) return no_host();
  return host;
}

std::string render_state(Json const& state) {
  std::vector<std::vector<std::string>> rows = {
      {"host", "shoal " + state["version"].as_string() + ", since " + state["started"].as_string()},
      {"home", state["home"].as_string()},
      {"cores", std::to_string(state["cores"].as_integer())}};
  auto const& idle = state["idle_exit_seconds"];
  if (idle.is_number())
    rows.push_back({"ends", "after " + human_seconds(idle.as_number()) + " without work"});
  auto text = table(rows);
  auto const& runs = state["runs"].as_array();
  text += runs.empty() ? "nothing runs\n" : "runs\n";
  rows.clear();
  for (auto const& run : runs)
    rows.push_back({"  " + run["run"].as_string(), run["started"].as_string(), run["name"].as_string()});
  return text + table(rows);
}

Result<int> ps(Session& session, Arguments const&) {
  auto const host = TRY(require_host(session));
  auto const state = TRY(host->get("state"));
  if (session.json()) {
    session.print_json(state);
  } else {
    session.print(render_state(state));
  }
  return 0;
}

Result<int> stop(Session& session, Arguments const& arguments) {
  auto const host = TRY(require_host(session));
  auto const under_way = TRY(host->get("state"))["runs"].as_array().size();
  bool const now = arguments.has("--now");
  if (under_way > 0)
    session.note((now ? "cancelling " : "waiting for ") + std::to_string(under_way) +
                 (under_way == 1 ? " run" : " runs"));
  TRY(end_host(session, *host, now));
  if (session.json()) session.print_json(Json::object({{"stopped", true}}));
  if (!session.json()) session.note("the host has ended");
  return 0;
}

Verb serve_verb() {
  Verb verb;
  verb.name = "serve";
  verb.about = "Be the host of this home: keep models loaded and run what other commands want";
  verb.details =
      "The first command that runs something starts a host in the background, which ends after ten minutes\n"
      "without work; `serve` is for one that stays, or that is watched. It listens on a socket in the home "
      "that\n"
      "only this user can reach.";
  verb.example = "shoal serve\nshoal serve --idle-exit 2h";
  verb.options = {{"--idle-exit", "", "TIME", "End when nothing ran for so long: 30s, 10m, 2h"}};
  verb.run = serve;
  return verb;
}

Verb ps_verb() {
  Verb verb;
  verb.name = "ps";
  verb.about = "Say what the host of this home has loaded and under way";
  verb.example = "shoal ps\nshoal ps --json";
  verb.run = ps;
  return verb;
}

Verb stop_verb() {
  Verb verb;
  verb.name = "stop";
  verb.about = "End the host of this home, once what it runs has ended";
  verb.example = "shoal stop\nshoal stop --now";
  verb.options = {{"--now", "", "", "Cancel what it runs"}};
  verb.run = stop;
  return verb;
}

}  // namespace

std::vector<Verb> host_verbs() { return {serve_verb(), ps_verb(), stop_verb()}; }

}  // namespace shoal::cli
