#include "net/egress.h"

#include <algorithm>

#include "base/text.h"
#include "net/exchange.h"

namespace shoal::net {
namespace {

bool is_listed(std::string const& pattern, std::string_view destination) {
  if (pattern == destination) return true;
  std::string_view host = destination;
  if (!destination.starts_with("client:")) host = destination.substr(0, destination.rfind(':'));
  if (pattern == host) return true;
  return pattern.starts_with("*.") && host.size() + 1 > pattern.size() && host.ends_with(pattern.substr(1));
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// A secret for one host is not told to another.
void drop_secrets(HttpRequest::Headers& headers) {
  std::erase_if(headers, [](auto const& header) {
    std::string name = to_lower_ascii(header.first);
    return name == "authorization" || name == "cookie" || name == "proxy-authorization" ||
           name.ends_with("api-key");
  });
}

}  // namespace

Result<void> EgressPolicy::permit(std::string_view destination) const {
  if (allow == Allow::all) return {};
  if (allow == Allow::none) {
    return Error(Code::refused, "nothing may leave this machine here, so " + std::string(destination) +
                                    " was not contacted: allow it in the policy");
  }
  for (auto const& pattern : listed) {
    if (is_listed(pattern, destination)) return {};
  }
  return Error(
      Code::refused,
      std::string(destination) +
          " is not among the destinations that the policy lists, so it was not contacted: list it there");
}

TrafficReport EgressAccount::report() const {
  return report_.with([](TrafficReport const& report) { return report; });
}

void EgressAccount::add(std::string const& destination, Traffic moved) {
  report_.with([&](TrafficReport& report) {
    for (Traffic* traffic : {&report.total, &report.by_destination[destination]}) {
      traffic->bytes_out += moved.bytes_out;
      traffic->bytes_in += moved.bytes_in;
    }
  });
}

std::string_view HttpResponse::header(std::string_view lower_case_name) const {
  for (auto const& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

void Egress::count(EgressAccount& account, std::string const& destination, Traffic moved) {
  if (moved == Traffic{}) return;  // it was not reached
  account.add(destination, moved);
  total_.add(destination, moved);
}

Result<HttpResponse> Egress::fetch(EgressAccount& account, HttpRequest const& request, HttpSink const& sink) {
  HttpRequest current = request;
  Url url = TRY(parse_url(request.url));
  for (int redirects = 0;; ++redirects) {
    std::string const destination = url.destination();
    TRY(account.policy().permit(destination));
    auto proxy = TRY(proxies_.find(url));
    Traffic moved;
    auto answer = exchange(url, proxy, current, sink, moved);
    count(account, destination, moved);
    auto response = TRY(std::move(answer).within(destination));
    response.url = url.to_string();
    bool follow = is_redirect(response.status) && request.method == HttpRequest::Method::get;
    if (!follow || response.header("location").empty()) return response;

    if (sink.on_redirect) TRY(sink.on_redirect(response));
    Url next = TRY(resolve_url(url, response.header("location")).within("redirect from " + response.url));
    if (redirects == request.max_redirects) {
      return Error(Code::unavailable, request.url + " leads through more than " +
                                          std::to_string(request.max_redirects) + " redirects, the last to " +
                                          next.to_string());
    }
    if (url.secure && !next.secure) {
      return Error(Code::unavailable,
                   response.url + " leads from https to http, which is not followed: " + next.to_string());
    }
    if (next.destination() != destination) drop_secrets(current.headers);
    url = std::move(next);
  }
}

Result<void> Egress::permit_client(EgressAccount const& account, std::string_view client) const {
  return account.policy().permit("client:" + std::string(client));
}

void Egress::count_client(EgressAccount& account, std::string_view client, std::uint64_t bytes_in) {
  count(account, "client:" + std::string(client), Traffic{.bytes_in = bytes_in});
}

Result<void> require_success(HttpResponse const& response) {
  int status = response.status;
  if (status >= 200 && status < 300) return {};
  std::string message = response.url + " answered " + std::to_string(status);
  switch (status) {
    case 404:
    case 410: return Error(Code::not_found, message + ": there is no such file");
    case 401:
    case 403:
      return Error(Code::refused, message + ": it wants a permission that this program does not have");
    case 429: return Error(Code::busy, message + ": too many requests, try again later");
    default: return Error(Code::unavailable, message);
  }
}

}  // namespace shoal::net
