#include "http/runs.h"

#include <algorithm>

#include "http/replies.h"
#include "http/values.h"

namespace shoal::http {
namespace {

// What is kept of runs that are over.
constexpr std::size_t kMostRemembered = 64;
constexpr std::size_t kMostRememberedBytes = 32u << 20;

// The client is to find, or start, the next host.
net::ServerReply ending_reply() {
  Error const error(Code::unavailable, "the host is ending and begins no run any more");
  return json_reply(Json::object({{"error", to_json(error)}, {"ending", true}}), status_of(error.code()));
}

}  // namespace

struct Runs::Order {
  Blobs blobs;
  runtime::Target target;
  runtime::RunRequest request;
};

Result<Runs::Order> Runs::read(std::string const& text, Run const& run) {
  auto const json = TRY(Json::parse(text).within("the order of a run"));
  auto const what = TRY(require_string(json, "run").within("the order of a run"));
  if (what.find('/') != std::string::npos && !what.starts_with('/'))
    return Error(Code::invalid_argument, "a document is named by its absolute path, not `" + what + "`");
  Order order{Blobs(runtime_, run.stop.get_token()), TRY(runtime_.link(what)), {}};
  auto& request = order.request;
  request.inputs = TRY(order.blobs.read(json.contains("inputs") ? json["inputs"] : Json::object()));
  if (!request.inputs.is_record())
    return Error(Code::invalid_argument, "`inputs` is an object with a member for each input");
  request.accept_failed_checks = !json["strict"].as_bool();
  request.run = run.id;
  request.stop = run.stop.get_token();
  return order;
}

void Runs::perform(std::string order, Hearing hearing, net::Responder const& responder) {
  auto const run = std::make_shared<Run>();
  run->started = clock_.wall();
  run->id = runtime::new_run_id(run->started);
  if (!enter(run)) return responder.reply(ending_reply());
  if (hearing != Hearing::background) responder.on_gone([run] { run->stop.request_stop(); });
  try {
    carry_out(std::move(order), *run, hearing, responder);
  } catch (std::exception const& thrown) {
    Error const error(Code::internal, std::string("the run ended with an internal error: ") + thrown.what());
    run->events->finish(Json::object({{"run", run->id}, {"error", to_json(error)}}));
    responder.reply(error_reply(error));
  }
  leave(run);
}

void Runs::carry_out(std::string text, Run& run, Hearing hearing, net::Responder const& responder) {
  auto order = read(text, run);
  std::string().swap(text);  // it may be large
  if (!order) return responder.reply(error_reply(order.error()));
  state_.with([&](State&) { run.name = order->target.name; });
  if (hearing == Hearing::background) responder.reply(json_reply(Json::object({{"run", run.id}}), 202));
  if (hearing == Hearing::events) responder.reply(stream_of(run.events, 0));

  net::EgressAccount account{net::EgressPolicy{}};
  order->request.egress = &account;
  order->request.on_event = [&](runtime::Event const& event) { run.events->append(event); };
  auto const result = runtime_.run(order->target, std::move(order->request));
  auto const document = to_json(result, order->blobs);
  run.events->finish(document);
  if (hearing == Hearing::result)
    responder.reply(json_reply(document, result.outputs ? 200 : status_of(result.outputs.error().code())));
}

bool Runs::enter(std::shared_ptr<Run> const& run) {
  std::lock_guard const not_while_tidying(tidying_);
  bool const taken = state_.with([&](State& state) {
    if (!state.ending) state.under_way.emplace(run->id, run);
    return !state.ending;
  });
  if (taken) on_change_();
  return taken;
}

void Runs::leave(std::shared_ptr<Run> const& run) {
  state_.with([&](State& state) {
    state.under_way.erase(run->id);
    state.over.push_back(run);
    std::size_t bytes = 0;
    for (auto const& each : state.over) bytes += each->events->bytes();
    for (; state.over.size() > kMostRemembered || (bytes > kMostRememberedBytes && !state.over.empty());
         state.over.pop_front())
      bytes -= state.over.front()->events->bytes();
  });
  on_change_();
}

Result<std::shared_ptr<EventLog>> Runs::events_of(std::string const& run) const {
  auto events = state_.with([&](State const& state) -> std::shared_ptr<EventLog> {
    if (auto const found = state.under_way.find(run); found != state.under_way.end())
      return found->second->events;
    auto const found =
        std::find_if(state.over.begin(), state.over.end(), [&](auto const& each) { return each->id == run; });
    return found == state.over.end() ? nullptr : (*found)->events;
  });
  if (events) return events;
  return Error(Code::not_found, "the events of run " + run +
                                    " are not here: it was not started by this host, or too long ago; "
                                    "`shoal show " +
                                    run + "` has what the journal keeps");
}

Result<void> Runs::cancel(std::string const& run) {
  auto const found = state_.with([&](State& state) -> std::shared_ptr<Run> {
    auto const place = state.under_way.find(run);
    return place == state.under_way.end() ? nullptr : place->second;
  });
  if (!found) return Error(Code::not_found, "run " + run + " is not under way here");
  found->stop.request_stop();
  return {};
}

Json Runs::list() const {
  return state_.with([](State const& state) {
    auto list = Json::array();
    for (auto const& [id, run] : state.under_way)
      list.push(Json::object({{"run", id}, {"name", run->name}, {"started", to_rfc3339(run->started)}}));
    return list;
  });
}

std::size_t Runs::count() const {
  return state_.with([](State const& state) { return state.under_way.size(); });
}

void Runs::while_idle(std::function<void()> const& work) {
  std::lock_guard const tidying(tidying_);
  if (count() == 0) work();
}

void Runs::end(bool now) {
  auto const under_way = state_.with([](State& state) {
    state.ending = true;
    return state.under_way;
  });
  for (auto const& [id, run] : under_way) {
    if (now) run->stop.request_stop();
  }
}

}  // namespace shoal::http
