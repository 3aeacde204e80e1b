#include "base/text.h"
#include "cli/host_state.h"
#include "cli/runner.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "http/server.h"
#include "net/url.h"

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

Result<int> ps(Session& session, Arguments const& arguments) {
  auto const host = TRY(require_host(session));
  auto const state = TRY(host->get("state"));
  if (session.json()) {
    session.print_json(state);
  } else if (!arguments.has("--why")) {
    session.print(render_state(state));
  } else {
    auto const model = arguments.value("--why");
    auto const reasons = render_reasons(state, model);
    if (reasons.empty())
      return Error(Code::not_found, "the host has decided nothing about `" + printable(model) +
                                        "`; `shoal ps` lists what is loaded");
    session.print(reasons);
  }
  return 0;
}

// Of a model as the catalogue or the store knows it.
Result<Json> tell_about(Session& session, std::string const& name, std::string_view what) {
  auto const model = TRY(TRY(session.home())->models().find(name));
  auto const host = TRY(require_host(session));
  return host->post("models/" + net::percent_encoded(model.entry.name) + "/" + std::string(what));
}

Result<int> pin(Session& session, Arguments const& arguments) {
  bool const off = arguments.has("--off");
  for (auto const& name : arguments.positionals) {
    auto const answer = TRY(tell_about(session, name, off ? "unpin" : "pin"));
    if (session.json()) session.print_json(answer);
    session.note(name + (off ? " may be evicted again" : " stays loaded, once it is, until the host ends"));
  }
  return 0;
}

Result<int> stop_models(Session& session, Arguments const& arguments) {
  for (auto const& name : arguments.positionals) {
    auto const answer = TRY(tell_about(session, name, "unload"));
    if (session.json()) session.print_json(answer);
    session.note(name + " goes as soon as nothing uses it");
  }
  return 0;
}

Result<int> stop(Session& session, Arguments const& arguments) {
  if (!arguments.positionals.empty()) return stop_models(session, arguments);
  auto const host = TRY(require_host(session));
  auto const under_way = TRY(host->get("state"))["runs"].as_array().size();
  bool const now = arguments.has("--now");
  if (under_way > 0)
    session.note((now ? "cancelling " : "waiting for ") + std::to_string(under_way) +
                 (under_way == 1 ? " run" : " runs"));
  TRY(end_host(session, *host, now ? Ending::now : Ending::gracefully));
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
  verb.details =
      "Every model with its bytes by kind, its cores and its jobs. --why says why a model was loaded, "
      "evicted "
      "or\nrefused.";
  verb.example = "shoal ps\nshoal ps --why smollm2-135m";
  verb.options = {{"--why", "", "MODEL", "What was decided about this model or engine, and why"}};
  verb.run = ps;
  return verb;
}

Verb stop_verb() {
  Verb verb;
  verb.name = "stop";
  verb.positionals = "[MODEL…]";
  verb.about = "End the host of this home once what it runs has ended, or give back what a model holds";
  verb.example = "shoal stop\nshoal stop --now\nshoal stop smollm2-135m";
  verb.max_positionals = -1;
  verb.options = {{"--now", "", "", "Cancel what it runs"}};
  verb.run = stop;
  return verb;
}

Verb pin_verb() {
  Verb verb;
  verb.name = "pin";
  verb.positionals = "MODEL…";
  verb.about = "Keep a model loaded, whatever else wants the memory";
  verb.example = "shoal pin smollm2-135m\nshoal pin --off smollm2-135m";
  verb.min_positionals = 1;
  verb.max_positionals = -1;
  verb.options = {{"--off", "", "", "Let it be evicted again"}};
  verb.run = pin;
  return verb;
}

}  // namespace

std::vector<Verb> host_verbs() { return {serve_verb(), ps_verb(), pin_verb(), stop_verb()}; }

}  // namespace shoal::cli
