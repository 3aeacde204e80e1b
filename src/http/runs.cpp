#include "http/runs.h"

#include <algorithm>
#include <utility>

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
  runtime::Blobs blobs;
  std::string name;
  runtime::RunRequest request;
  std::function<runtime::RunResult(runtime::RunRequest)> begin;
};

Result<Runs::Order> Runs::read(std::string const& text, Run const& run) {
  auto const json = TRY(Json::parse(text).within("the order of a run"));
  auto const what = TRY(require_string(json, "run").within("the order of a run"));
  if (what.find('/') != std::string::npos && !what.starts_with('/'))
    return Error(Code::invalid_argument, "a document is named by its absolute path, not `" + what + "`");
  auto target = TRY(runtime_.link(what));
  Order order{runtime::Blobs(runtime_, run.stop.get_token()), target.name, {}, {}};
  auto& request = order.request;
  request.what = what;
  request.part = TRY(runtime::read_part(json).within("the order of a run"));
  request.inputs = TRY(order.blobs.read(json.contains("inputs") ? json["inputs"] : Json::object()));
  if (!request.inputs.is_record())
    return Error(Code::invalid_argument, "`inputs` is an object with a member for each input");
  request.accept_failed_checks = !json["strict"].as_bool();
  order.begin = [this, target = std::move(target)](runtime::RunRequest begun) {
    return runtime_.run(target, std::move(begun));
  };
  return order;
}

Result<Runs::Order> Runs::read_journal(Run const& run) {
  auto const record = TRY(runtime_.journal().find(run.id));
  Order order{runtime::Blobs(runtime_, run.stop.get_token()), record.name, {}, {}};
  order.begin = [this, id = run.id](runtime::RunRequest begun) {
    return runtime_.resume(id, std::move(begun));
  };
  return order;
}

void Runs::perform(std::string order, Hearing hearing, net::Responder const& responder) {
  auto const run = std::make_shared<Run>();
  run->started = clock_.wall();
  run->id = runtime::new_run_id(run->started);
  if (hearing != Hearing::background) responder.on_gone([run] { run->stop.request_stop(); });
  auto const read_order = [&, text = std::move(order)]() mutable {
    auto const released = std::exchange(text, {});  // it may be large
    return read(released, *run);
  };
  work(run, read_order, hearing, [&](net::ServerReply reply) { responder.reply(std::move(reply)); });
}

void Runs::resume(std::string const& id, Hearing hearing, net::Responder const& responder) {
  auto const record = runtime_.journal().find(id);
  if (!record) return responder.reply(error_reply(record.error()));
  auto const run = std::make_shared<Run>();
  run->started = record->started;
  run->id = record->run;
  if (hearing != Hearing::background) responder.on_gone([run] { run->stop.request_stop(); });
  work(
      run, [&] { return read_journal(*run); }, hearing,
      [&](net::ServerReply reply) { responder.reply(std::move(reply)); });
}

void Runs::resume(std::string const& id) {
  auto const run = std::make_shared<Run>();
  run->started = clock_.wall();
  run->id = id;
  work(
      run, [&] { return read_journal(*run); }, Hearing::background, [](net::ServerReply const&) {});
}

void Runs::work(std::shared_ptr<Run> const& run, std::function<Result<Order>()> const& read, Hearing hearing,
                Reply const& reply) {
  if (auto const entered = enter(run); !entered) {
    return reply(entered.error().code() == Code::unavailable ? ending_reply() : error_reply(entered.error()));
  }
  try {
    carry_out(read(), *run, hearing, reply);
  } catch (std::exception const& thrown) {
    Error const error(Code::internal, std::string("the run ended with an internal error: ") + thrown.what());
    run->events->finish(Json::object({{"run", run->id}, {"error", to_json(error)}}));
    reply(error_reply(error));
  }
  leave(run);
}

void Runs::carry_out(Result<Order> order, Run& run, Hearing hearing, Reply const& reply) {
  if (!order) return reply(error_reply(order.error()));
  state_.with([&](State&) { run.name = order->name; });
  if (hearing == Hearing::background) reply(json_reply(Json::object({{"run", run.id}}), 202));
  if (hearing == Hearing::events) reply(stream_of(run.events, 0));

  net::EgressAccount account{net::EgressPolicy{}};
  auto& request = order->request;
  request.run = run.id;
  request.stop = run.stop.get_token();
  request.egress = &account;
  request.on_event = [&](runtime::Event const& event) { run.events->append(event); };
  auto const result = order->begin(std::move(request));
  auto const document = to_json(result, order->blobs);
  run.events->finish(document);
  if (hearing == Hearing::result)
    reply(json_reply(document, result.outputs ? 200 : status_of(result.outputs.error().code())));
}

Result<void> Runs::enter(std::shared_ptr<Run> const& run) {
  std::lock_guard const not_while_tidying(tidying_);
  auto entered = state_.with([&](State& state) -> Result<void> {
    if (state.ending) return Error(Code::unavailable, "the host is ending");
    if (state.under_way.emplace(run->id, run).second) return {};
    return Error(Code::refused, "run " + run->id + ": it is running");
  });
  if (entered) on_change_();
  return entered;
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
    auto const found =  // of one that was resumed, the newest
        std::find_if(state.over.rbegin(), state.over.rend(),
                     [&](auto const& each) { return each->id == run; });
    return found == state.over.rend() ? nullptr : (*found)->events;
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
