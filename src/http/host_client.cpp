#include "http/host_client.h"

#include <optional>

#include "http/event_stream.h"
#include "http/replies.h"
#include "http/server.h"
#include "http/values.h"
#include "runtime/own_process.h"

namespace shoal::http {
namespace {

constexpr std::string_view kRoot = "/shoal/v1/";
// Of what the host answers without running anything.
constexpr auto kAnswerDeadline = std::chrono::seconds(20);

std::string address_of(std::string_view rest) { return std::string(kRoot) + std::string(rest); }

}  // namespace

Result<std::unique_ptr<HostClient>> HostClient::connect(runtime::Runtime& runtime, std::stop_token stop) {
  std::unique_ptr<HostClient> client(new HostClient(runtime, socket_of(runtime), std::move(stop)));
  client->give_back(TRY(client->take_connection()));
  return client;
}

Result<std::unique_ptr<net::LocalClient>> HostClient::take_connection() {
  auto idle = idle_.with([](auto& all) -> std::unique_ptr<net::LocalClient> {
    if (all.empty()) return nullptr;
    auto last = std::move(all.back());
    all.pop_back();
    return last;
  });
  if (idle) return idle;
  return net::LocalClient::connect(socket_);
}

void HostClient::give_back(std::unique_ptr<net::LocalClient> connection) {
  idle_.with([&](auto& all) { all.push_back(std::move(connection)); });
}

Result<Json> HostClient::ask(std::string const& method, std::string const& address) {
  auto connection = TRY(take_connection());
  net::LocalRequest request;
  request.method = method;
  request.target = address_of(address);
  request.stop = stop_;
  request.deadline = kAnswerDeadline;
  auto const response = TRY(connection->ask(request));
  give_back(std::move(connection));
  if (response.status / 100 != 2) return error_of(response.status, response.body);
  return Json::parse(response.body);
}

Result<bool> HostClient::is_own_build() {
  return TRY(get("build"))["build"].as_string() == runtime::own_build();
}

Result<std::optional<runtime::RunResult>> HostClient::perform(std::string const& address, std::string body,
                                                              runtime::Blobs& blobs,
                                                              runtime::RunRequest const& request) {
  using Performed = std::optional<runtime::RunResult>;
  net::LocalRequest post;
  post.method = "POST";
  post.target = address_of(address);
  post.headers = {{"accept", "text/event-stream"}};
  post.body = std::move(body);
  post.stop = request.stop;
  std::optional<Json> result;
  EventStreamReader reader([&](std::string_view name, std::string_view data) -> Result<void> {
    auto json = TRY(Json::parse(data));
    if (name == "result") {
      result = std::move(json);
    } else if (auto const event = runtime::event_of(json); event && request.on_event) {
      request.on_event(*event);
    }
    return {};
  });
  post.on_piece = [&](std::string_view piece) { return reader.read(piece); };

  auto connection = take_connection();
  if (!connection && connection.error().code() == Code::not_found) return Performed();
  if (!connection) return connection.error();
  auto const response = (*connection)->ask(post);
  // It was idle for so long that the host had hung up, or the host has just gone.
  bool const unheard = !response && response.error().code() == Code::unavailable;
  if (unheard && !(*connection)->was_answered()) return Performed();
  if (!response) return response.error();
  if (response->status / 100 != 2) {
    auto const said = Json::parse(response->body);
    if (said && (*said)["ending"].as_bool()) return Performed();
    return error_of(response->status, response->body);
  }
  if (!result)
    return Error(Code::unavailable,
                 "the host ended before it gave a result; `shoal runs` names the run, and "
                 "`shoal resume` goes on with it");
  give_back(std::move(*connection));
  return Performed(result_of(*result, blobs));
}

std::optional<runtime::RunResult> HostClient::run(std::string const& what,
                                                  runtime::RunRequest const& request) {
  runtime::Blobs blobs(runtime_);
  auto inputs = blobs.write(request.inputs);
  if (!inputs) return runtime::RunResult::failed(inputs.error());
  auto order = Json::object({{"run", what}, {"strict", !request.accept_failed_checks}});
  runtime::write_part(request.part, order);
  order.set("inputs", std::move(*inputs));
  auto result = perform("runs", order.dump(), blobs, request);
  return result ? std::move(*result) : runtime::RunResult::failed(result.error());
}

std::optional<runtime::RunResult> HostClient::resume(std::string const& run,
                                                     runtime::RunRequest const& request) {
  runtime::Blobs blobs(runtime_);
  auto result = perform("runs/" + run + "/resume", {}, blobs, request);
  return result ? std::move(*result) : runtime::RunResult::failed(result.error());
}

}  // namespace shoal::http
