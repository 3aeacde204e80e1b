#include "http/native_api.h"

#include <charconv>

#include "base/text.h"
#include "http/replies.h"
#include "net/url.h"

namespace shoal::http {
namespace {

constexpr std::string_view kRoot = "/shoal/v1";
constexpr int kRunsUnlessSaid = 20;
constexpr std::int64_t kMostRuns = 10'000;

Result<std::int64_t> number_in(net::ServerRequest const& request, std::string_view name,
                               std::int64_t fallback, std::int64_t most) {
  auto const text = request.parameter(name);
  if (!text) return fallback;
  std::int64_t number = -1;
  auto const read = std::from_chars(text->data(), text->data() + text->size(), number);
  if (read.ec == std::errc() && read.ptr == text->data() + text->size() && number >= 0 && number <= most)
    return number;
  return Error(Code::invalid_argument, "`" + std::string(name) + "` is a number from 0 to " +
                                           std::to_string(most) + ", not `" + *text + "`");
}

Hearing hearing_of(net::ServerRequest const& request) {
  if (request.parameter("background") == "true") return Hearing::background;
  return request.header("accept") == "text/event-stream" ? Hearing::events : Hearing::result;
}

void reply_with(net::Responder const& responder, Result<Json> const& document) {
  responder.reply(document ? json_reply(*document) : error_reply(document.error()));
}

net::ServerReply unknown_address(net::ServerRequest const& request) {
  if (request.method == "HEAD") return {.status = 405, .headers = {}, .body = {}, .source = nullptr};
  return error_reply(Error(Code::not_found, "there is no " + request.method + " " + request.path +
                                                " here; docs/http.md lists the addresses"));
}

}  // namespace

void NativeApi::handle(net::ServerRequest request, net::Responder responder) {
  if (request.path != kRoot && !request.path.starts_with(std::string(kRoot) + "/"))
    return responder.reply(unknown_address(request));
  Segments path;
  for (auto const part : split(std::string_view(request.path).substr(kRoot.size()), '/')) {
    if (!part.empty()) path.push_back(net::percent_decoded(part));
  }
  auto const first = path.empty() ? std::string() : path.front();
  bool const posts = request.method == "POST", gets = request.method == "GET";
  if (first == "runs" && path.size() == 1 && posts) return start_run(std::move(request), responder);
  if (first == "runs" && path.size() == 3 && path[2] == "events" && gets)
    return follow_run(path[1], request, responder);
  if (first == "runs" && path.size() == 3 && path[2] == "resume" && posts)
    return resume_run(path[1], request, responder);
  if (first == "runs" && path.size() == 3 && path[2] == "cancel" && posts)
    return reply_with(responder, cancel_run(path[1]));
  if (first == "stop" && path.size() == 1 && posts) return stop(request, responder);
  if (first == "build" && path.size() == 1 && gets) return responder.reply(json_reply(build()));
  auto answer = plain_answer(request, path);
  if (!answer) return responder.reply(unknown_address(request));
  later(responder, [answer = std::move(answer), responder] { reply_with(responder, answer()); });
}

std::function<Result<Json>()> NativeApi::plain_answer(net::ServerRequest const& request,
                                                      Segments const& path) {
  auto const is = [&](std::string_view method, std::string_view first, std::size_t size) {
    return request.method == method && path.size() == size && path.front() == first;
  };
  if (is("GET", "runs", 1)) return [this, request] { return list_runs(request); };
  if (is("GET", "runs", 2)) return [this, run = path[1]] { return show_run(run); };
  if (is("GET", "state", 1)) return [this] { return state(); };
  if (is("POST", "models", 3)) return [this, path] { return change_model(path[1], path[2]); };
  if (is("GET", "models", 1)) return [this] { return list_models(); };
  if (is("GET", "cache", 1)) return [this] { return cache(); };
  if (is("POST", "cache", 2) && path[1] == "prune") return [this, request] { return prune_cache(request); };
  return {};
}

void NativeApi::later(net::Responder const& responder, std::function<void()> work) {
  auto const taken = crew_.run(std::move(work));
  if (!taken) responder.reply(error_reply(taken.error()));
}

void NativeApi::start_run(net::ServerRequest request, net::Responder const& responder) {
  auto const hearing = hearing_of(request);
  later(responder, [this, order = std::move(request.body), hearing, responder] {
    runs_.perform(order, hearing, responder);
  });
}

void NativeApi::resume_run(std::string const& run, net::ServerRequest const& request,
                           net::Responder const& responder) {
  later(responder,
        [this, run, hearing = hearing_of(request), responder] { runs_.resume(run, hearing, responder); });
}

void NativeApi::follow_run(std::string const& run, net::ServerRequest const& request,
                           net::Responder const& responder) {
  auto const after = number_in(request, "after", 0, INT64_MAX);
  auto const events = after ? runs_.events_of(run) : Result<std::shared_ptr<EventLog>>(after.error());
  if (!events) return responder.reply(error_reply(events.error()));
  responder.reply(stream_of(*events, static_cast<std::uint64_t>(*after)));
}

void NativeApi::stop(net::ServerRequest const& request, net::Responder const& responder) {
  responder.reply(json_reply(Json::object({{"runs", runs_.list()}})));
  facts_.on_stop(request.parameter("now") == "true");
}

Json NativeApi::build() const { return Json::object({{"build", facts_.build}}); }

Result<Json> NativeApi::state() const {
  auto state = facts_.describe();
  state.set("build", facts_.build);
  state.set("host", TRY(runtime_.host_state()));
  state.set("runs", runs_.list());
  return state;
}

Result<Json> NativeApi::change_model(std::string const& model, std::string const& change) {
  if (change == "unload") {
    TRY(runtime_.unload(model));
  } else if (change == "pin" || change == "unpin") {
    TRY(runtime_.pin(model, change == "pin"));
  } else {
    return Error(Code::not_found, "a model can be told to `pin`, `unpin` or `unload`, not `" + change + "`");
  }
  return Json::object({{"model", model}, {"done", change}});
}

Result<Json> NativeApi::list_runs(net::ServerRequest const& request) const {
  auto const limit = TRY(number_in(request, "limit", kRunsUnlessSaid, kMostRuns));
  auto list = Json::array();
  for (auto const& record : TRY(runtime_.journal().runs(static_cast<int>(limit))))
    list.push(runtime::to_json(record));
  return list;
}

Result<Json> NativeApi::show_run(std::string const& run) const {
  auto const record = TRY(runtime_.journal().find(run));
  auto document = runtime::to_json(record);
  document.set("inputs", record.inputs).set("outputs", record.outputs);
  document.set("route", record.route).set("ledger", record.ledger);
  return document;
}

Result<Json> NativeApi::cancel_run(std::string const& run) {
  TRY(runs_.cancel(run));
  return Json::object({{"run", run}});
}

Result<Json> NativeApi::cache() const { return to_json(TRY(runtime_.cache_contents())); }

Result<Json> NativeApi::prune_cache(net::ServerRequest const& request) {
  std::optional<std::uint64_t> most_bytes;
  if (request.parameter("to"))
    most_bytes = static_cast<std::uint64_t>(TRY(number_in(request, "to", 0, INT64_MAX)));
  Result<Json> answer = Error(Code::busy, "runs are under way, and need what is cached; try again later");
  runs_.while_idle([&] {
    auto const pruned = runtime_.prune_cache(most_bytes);
    answer = pruned ? Result<Json>(to_json(*pruned)) : pruned.error();
  });
  return answer;
}

Result<Json> NativeApi::list_models() const {
  auto list = Json::array();
  for (auto const& model : runtime_.models().list()) list.push(to_json(model));
  return list;
}

}  // namespace shoal::http
