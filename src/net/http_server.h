// An HTTP/1.1 server on a Unix socket: requests come whole, answers go at once or as they are made. It knows
// nothing of what is asked.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace shoal::net {

struct ServerRequest {
  using Headers = std::vector<std::pair<std::string, std::string>>;

  std::string method;  // "GET"
  std::string path;    // "/shoal/v1/runs", as it came: percent signs are not decoded
  std::string query;   // what stands behind "?", as it came
  Headers headers;     // names in lower case
  std::string body;

  std::string_view header(std::string_view lower_case_name) const;    // "" where it is missing
  std::optional<std::string> parameter(std::string_view name) const;  // of the query, decoded
};

// A body that is made while it is sent, as fast as the client reads. Used by the server's thread alone.
class BodySource {
 public:
  virtual ~BodySource() = default;
  struct Piece {
    std::string bytes;
    bool last = false;
  };
  // The next bytes, at once; an empty piece that is not the last: none yet. `wake` is to be called, on any
  // thread, when there are; it may outlive the connection.
  virtual Piece next(std::function<void()> wake) = 0;
};

struct ServerReply {
  int status = 200;
  ServerRequest::Headers headers;
  std::string body;
  std::unique_ptr<BodySource> source;  // in place of `body`
};

// Answers one request. Copies answer the same one.
class Responder {
 public:
  struct Exchange;
  explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}

  // Any thread, once: what comes after is dropped, as all is when the client has gone.
  void reply(ServerReply reply) const;
  // `on_gone` is called by the server's thread when the client goes before it has the whole answer, at once
  // where it has gone already. To be set before reply().
  void on_gone(std::function<void()> on_gone) const;

 private:
  std::shared_ptr<Exchange> exchange_;
};

// Has one thread of its own.
class HttpServer {
 public:
  // Called by the server's thread: quick, and never throws.
  using Handler = std::function<void(ServerRequest, Responder)>;
  struct Options {
    std::uint64_t max_body_bytes = 160u << 20;
    std::size_t max_connections = 4096;
    // For the rest of a request that has begun, and for a client that reads nothing of its answer.
    Duration patience = std::chrono::seconds(30);
    Duration keep_alive = std::chrono::minutes(2);  // for the next request of a connection
  };

  // Listens at the Unix socket `path`, as os::listen_at does.
  static Result<std::unique_ptr<HttpServer>> start(std::string const& path, Handler handler, Options options);
  static Result<std::unique_ptr<HttpServer>> start(std::string const& path, Handler handler);
  virtual ~HttpServer() = default;  // ends all connections; no handler is called after this

  // How many clients are connected now, and how many of them wait for an answer or the rest of one. Any
  // thread.
  virtual std::size_t connections() const = 0;
  virtual std::size_t exchanges() const = 0;
};

}  // namespace shoal::net
