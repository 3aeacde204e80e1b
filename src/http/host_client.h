// A command's side of the conversation with the host of its home.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/json.h"
#include "base/result.h"
#include "net/local_client.h"
#include "runtime/blobs.h"
#include "runtime/runtime.h"

namespace shoal::http {

// Any thread; each request has a connection to itself. The runtime is the client's own, of the same home: it
// runs nothing, but has the files and artifacts.
class HostClient {
 public:
  // not_found: no host listens. `stop` ends waiting for answers.
  static Result<std::unique_ptr<HostClient>> connect(runtime::Runtime& runtime, std::stop_token stop = {});

  // As runtime::Runtime::run(), done by the host. `what`: a name, or the path of a document. unavailable: the
  // host ended meanwhile. Nothing: it did not begin it, for it is ending or has gone; another one may.
  std::optional<runtime::RunResult> run(std::string const& what, runtime::RunRequest const& request);
  // As runtime::Runtime::resume(), in the same way.
  std::optional<runtime::RunResult> resume(std::string const& run, runtime::RunRequest const& request);
  // Of an address below /shoal/v1; errors are those that the host answered with.
  Result<Json> get(std::string const& address) { return ask("GET", address); }
  Result<Json> post(std::string const& address) { return ask("POST", address); }

  // True where the host is the same build of this program.
  Result<bool> is_own_build();

 private:
  HostClient(runtime::Runtime& runtime, std::string socket, std::stop_token stop)
      : runtime_(runtime), socket_(std::move(socket)), stop_(std::move(stop)) {}

  Result<std::unique_ptr<net::LocalClient>> take_connection();
  void give_back(std::unique_ptr<net::LocalClient> connection);
  Result<Json> ask(std::string const& method, std::string const& address);
  Result<std::optional<runtime::RunResult>> perform(std::string const& address, std::string body,
                                                    runtime::Blobs& blobs,
                                                    runtime::RunRequest const& request);

  runtime::Runtime& runtime_;
  std::string const socket_;
  std::stop_token const stop_;
  Guarded<std::vector<std::unique_ptr<net::LocalClient>>> idle_;
};

}  // namespace shoal::http
