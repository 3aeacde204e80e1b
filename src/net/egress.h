// The one way out of this machine: HTTP and HTTPS requests, and the account of what package clients (child
// processes, which leave the machine too) fetch. Every request belongs to an EgressAccount, whose policy is
// asked before a name is looked up or a socket is opened, and whose counter holds all bytes that moved,
// headers and TLS included.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "base/time.h"
#include "net/proxy.h"

namespace shoal::net {

// What may be contacted.
struct EgressPolicy {
  enum class Allow { none, listed, all };
  Allow allow = Allow::none;
  // With `listed`: "host", "host:port", "*.host" (any name below it), "client:pip".
  std::vector<std::string> listed;

  // refused, unless `destination` ("host:port" or "client:NAME") may be contacted.
  Result<void> permit(std::string_view destination) const;
};

struct Traffic {
  std::uint64_t bytes_out = 0;
  std::uint64_t bytes_in = 0;
  friend bool operator==(Traffic const&, Traffic const&) = default;
};
struct TrafficReport {
  Traffic total;
  std::map<std::string, Traffic> by_destination;  // "host:port", "client:pip"
};

// What one run, pull or process may send, and what it did send. Owned by whoever starts that work; any
// thread.
class EgressAccount {
 public:
  explicit EgressAccount(EgressPolicy policy) : policy_(std::move(policy)) {}

  EgressPolicy const& policy() const { return policy_; }
  TrafficReport report() const;
  void add(std::string const& destination, Traffic moved);

 private:
  EgressPolicy const policy_;
  Guarded<TrafficReport> report_;
};

struct HttpRequest {
  enum class Method { get, post };
  using Headers = std::vector<std::pair<std::string, std::string>>;

  std::string url;  // http:// or https://, without user and password
  Method method = Method::get;
  Headers headers;
  std::string body;
  std::uint64_t offset = 0;             // ask for the body from this byte on …
  std::optional<std::uint64_t> length;  // … and for so many bytes, where the server knows ranges
  std::uint64_t max_body_bytes = 64u << 20;
  Duration connect_timeout = std::chrono::seconds(4);  // name, connection and TLS: each
  Duration idle_timeout = std::chrono::seconds(30);    // no byte came or went
  int max_redirects = 5;                               // followed for GET only; never from https to http
  std::stop_token stop;
};

struct HttpResponse {
  int status = 0;
  std::string url;                              // that answered, after redirects
  HttpRequest::Headers headers;                 // names in lower case
  std::optional<std::uint64_t> content_length;  // of this body, where the server says
  std::uint64_t offset = 0;                     // the body starts here: 0 where the server knows no ranges
  std::optional<std::uint64_t> total;           // of the whole that the body is from, where the server says
  std::string body;                             // unless it went to a sink

  std::string_view header(std::string_view lower_case_name) const;  // "" where it is missing
};

// Takes the body of a 2xx answer as it comes. An error from it ends the request with that error.
struct HttpSink {
  std::function<Result<void>(HttpResponse const& head)> on_head;
  std::function<Result<void>(std::string_view bytes)> on_body;
  std::function<Result<void>(HttpResponse const& hop)> on_redirect;  // before it is followed
};

// Any thread; a request blocks its caller. Made once by main().
class Egress {
 public:
  explicit Egress(Proxies proxies = proxies_from_environment()) : proxies_(std::move(proxies)) {}

  // Any status is an answer; the body of one that is not 2xx is in response.body, cut at 64 KiB. Errors:
  // refused by the account's policy, invalid_argument (URL, size limit), unavailable (name, connection,
  // certificate, cut short), deadline_exceeded, cancelled.
  Result<HttpResponse> fetch(EgressAccount& account, HttpRequest const& request, HttpSink const& sink = {});

  // A package client asks before it is started, and its bytes are counted when it has ended. Only what it
  // fetched can be seen: what it sends (names of packages) is not, so bytes_out stays 0 for it.
  Result<void> permit_client(EgressAccount const& account, std::string_view client) const;
  void count_client(EgressAccount& account, std::string_view client, std::uint64_t bytes_in);

  // All accounts together.
  TrafficReport traffic() const { return total_.report(); }

 private:
  void count(EgressAccount& account, std::string const& destination, Traffic moved);

  Proxies const proxies_;
  EgressAccount total_{EgressPolicy{}};
};

// An error for an answer that is not 2xx: not_found (404, 410), refused (401, 403), busy (429), else
// unavailable.
Result<void> require_success(HttpResponse const& response);

}  // namespace shoal::net
