#include "http/runs.h"

#include <algorithm>

#include "http/replies.h"
#include "http/values.h"

namespace shoal::http {
namespace {

constexpr std::size_t kMostRemembered = 64;

struct Order {
  runtime::Target target;
  runtime::RunRequest request;
};

Result<Order> read_order(std::string const& text, runtime::Runtime& runtime, Blobs& blobs) {
  auto const json = TRY(Json::parse(text).within("the order of a run"));
  auto const what = TRY(require_string(json, "run").within("the order of a run"));
  if (what.find('/') != std::string::npos && !what.starts_with('/'))
    return Error(Code::invalid_argument, "a document is named by its absolute path, not `" + what + "`");
  Order order;
  order.target = TRY(runtime.link(what));
  order.request.inputs = TRY(blobs.read(json.contains("inputs") ? json["inputs"] : Json::object()));
  if (!order.request.inputs.is_record())
    return Error(Code::invalid_argument, "`inputs` is an object with a member for each input");
  order.request.accept_failed_checks = !json["strict"].as_bool();
  return order;
}

}  // namespace

void Runs::perform(std::string const& order_text, Hearing hearing, net::Responder const& responder) {
  Blobs blobs(runtime_);
  auto order = read_order(order_text, runtime_, blobs);
  if (!order) return responder.reply(error_reply(order.error()));
  auto const run = std::make_shared<Run>();
  run->started = clock_.wall();
  run->id = runtime::new_run_id(run->started);
  run->name = order->target.name;
  if (auto const entered = enter(run); !entered) return responder.reply(error_reply(entered.error()));

  if (hearing != Hearing::background) responder.on_gone([run] { run->stop.request_stop(); });
  if (hearing == Hearing::background) responder.reply(json_reply(Json::object({{"run", run->id}}), 202));
  if (hearing == Hearing::events) responder.reply(stream_of(run->events, 0));

  net::EgressAccount account{net::EgressPolicy{}};
  auto& request = order->request;
  request.run = run->id;
  request.stop = run->stop.get_token();
  request.egress = &account;
  request.on_event = [&](runtime::Event const& event) { run->events->append(event); };
  auto const result = runtime_.run(order->target, std::move(request));
  auto const document = to_json(result, blobs);
  run->events->finish(document);
  if (hearing == Hearing::result)
    responder.reply(json_reply(document, result.outputs ? 200 : status_of(result.outputs.error().code())));
  leave(run);
}

Result<void> Runs::enter(std::shared_ptr<Run> const& run) {
  bool const ending = state_.with([&](State& state) {
    if (!state.ending) state.under_way.emplace(run->id, run);
    return state.ending;
  });
  if (ending) return Error(Code::unavailable, "the host is ending and begins no run any more");
  on_change_();
  return {};
}

void Runs::leave(std::shared_ptr<Run> const& run) {
  state_.with([&](State& state) {
    state.under_way.erase(run->id);
    state.over.push_back(run);
    if (state.over.size() > kMostRemembered) state.over.pop_front();
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
  auto stop = state_.with([&](State& state) {
    auto const found = state.under_way.find(run);
    return found == state.under_way.end() ? std::stop_source(std::nostopstate) : found->second->stop;
  });
  if (stop.request_stop()) return {};
  return Error(Code::not_found, "run " + run + " is not under way here");
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
  state_.with([&](State const& state) {
    if (state.under_way.empty()) work();
  });
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
