// The native surface, /shoal/v1/…: what each address means. docs/http.md lists them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "http/crew.h"
#include "http/runs.h"
#include "net/http_server.h"
#include "runtime/runtime.h"

namespace shoal::http {

// What the API needs of the server around it.
struct HostFacts {
  std::string build;                      // equal for equal programs
  std::function<Json()> describe;         // members of the state that are the server's
  std::function<void(bool now)> on_stop;  // a client asked for the end
};

// Called by the server's thread, which it never blocks.
class NativeApi {
 public:
  NativeApi(runtime::Runtime& runtime, Runs& runs, Crew& crew, HostFacts facts)
      : runtime_(runtime), runs_(runs), crew_(crew), facts_(std::move(facts)) {}

  void handle(net::ServerRequest request, net::Responder responder);

 private:
  using Segments = std::vector<std::string>;  // of the path behind /shoal/v1, decoded

  // Answers on a thread of the crew.
  void later(net::Responder const& responder, std::function<void()> work);
  void start_run(net::ServerRequest request, net::Responder const& responder);
  void resume_run(std::string const& run, net::ServerRequest const& request, net::Responder const& responder);
  void follow_run(std::string const& run, net::ServerRequest const& request, net::Responder const& responder);
  void stop(net::ServerRequest const& request, net::Responder const& responder);
  Json build() const;
  Result<Json> state() const;
  Result<Json> change_model(std::string const& model, std::string const& change);
  Result<Json> list_runs(net::ServerRequest const& request) const;
  Result<Json> show_run(std::string const& run) const;
  Result<Json> cancel_run(std::string const& run);
  Result<Json> list_models() const;
  Result<Json> cache() const;
  Result<Json> prune_cache(net::ServerRequest const& request);
  // Nothing where the address or the method is none of those.
  std::function<Result<Json>()> plain_answer(net::ServerRequest const& request, Segments const& path);

  runtime::Runtime& runtime_;
  Runs& runs_;
  Crew& crew_;
  HostFacts const facts_;
};

}  // namespace shoal::http
