// Requests to an HTTP server on a Unix socket of this machine. Nothing leaves the machine this way, so
// nothing is counted or asked for.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace shoal::net {

struct LocalRequest {
  std::string method = "GET";
  std::string target;  // path and query
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // Gets the body of a 2xx answer in pieces, as it comes; an error from it ends the request with that error.
  std::function<Result<void>(std::string_view piece)> on_piece;
  std::stop_token stop;
  std::optional<Duration> deadline;  // for the whole answer, from now
};

struct LocalResponse {
  int status = 0;
  std::string body;  // unless it went to on_piece
};

// One connection, which serves one request after the other. One thread.
class LocalClient {
 public:
  // not_found: nobody listens at the Unix socket `path`.
  static Result<std::unique_ptr<LocalClient>> connect(std::string const& path);
  virtual ~LocalClient() = default;

  // Blocks until the whole answer is there. unavailable: the server has gone; deadline_exceeded; cancelled:
  // `stop` was requested. After an error the connection is of no further use.
  virtual Result<LocalResponse> ask(LocalRequest const& request) = 0;
  // Whether anything of an answer to the last request came.
  virtual bool was_answered() const = 0;
};

}  // namespace shoal::net
