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

std::string address_of(std::string_view rest) { return std::string(kRoot) + std::string(rest); }

}  // namespace

Result<std::unique_ptr<HostClient>> HostClient::connect(runtime::Runtime& runtime) {
  std::unique_ptr<HostClient> client(new HostClient(runtime, socket_of(runtime)));
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
  auto const response = TRY(connection->ask(request));
  give_back(std::move(connection));
  if (response.status / 100 != 2) return error_of(response.status, response.body);
  return Json::parse(response.body);
}

Result<bool> HostClient::is_own_build() {
  return TRY(get("state"))["build"].as_string() == runtime::own_build();
}

Result<runtime::RunResult> HostClient::perform(std::string const& what, runtime::RunRequest& request) {
  Blobs blobs(runtime_);
  auto connection = TRY(take_connection());
  net::LocalRequest post;
  post.method = "POST";
  post.target = address_of("runs");
  post.headers = {{"accept", "text/event-stream"}};
  post.body = Json::object({{"run", what},
                            {"inputs", TRY(blobs.write(request.inputs, true))},
                            {"strict", !request.accept_failed_checks}})
                  .dump();
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
  auto const response = TRY(connection->ask(post));
  if (response.status / 100 != 2) return error_of(response.status, response.body);
  if (!result) return Error(Code::unavailable, "the host ended before it gave a result");
  give_back(std::move(connection));
  return result_of(*result, blobs);
}

runtime::RunResult HostClient::run(std::string const& what, runtime::RunRequest request) {
  auto result = perform(what, request);
  if (result) return std::move(*result);
  runtime::RunResult failed;
  failed.outputs = result.error();
  return failed;
}

}  // namespace shoal::http
