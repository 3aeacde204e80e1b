#include "net/proxy.h"

#include <cstdlib>
#include <initializer_list>

#include "base/text.h"

namespace shoal::net {
namespace {

std::string first_variable(std::initializer_list<char const*> names) {
  for (char const* name : names) {
    char const* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

bool is_exception(std::string const& pattern, Url const& url) {
  if (pattern == "*") return true;
  std::string_view domain = pattern;
  if (domain.starts_with("*")) domain.remove_prefix(1);
  if (domain.starts_with(".")) domain.remove_prefix(1);
  if (domain.empty()) return false;
  if (url.host == domain || url.destination() == domain) return true;
  return url.host.size() > domain.size() && url.host.ends_with(domain) &&
         url.host[url.host.size() - domain.size() - 1] == '.';
}

}  // namespace

Result<std::optional<Proxy>> Proxies::find(Url const& url) const {
  std::string const& text = url.secure ? for_https : for_http;
  if (text.empty()) return std::optional<Proxy>();
  for (auto const& pattern : exceptions) {
    if (is_exception(pattern, url)) return std::optional<Proxy>();
  }
  std::string address = text.find("://") == std::string::npos ? "http://" + text : text;
  Proxy proxy;
  auto at = address.rfind('@');
  if (at != std::string::npos) {
    auto start = address.find("://") + 3;
    proxy.credentials = address.substr(start, at - start);
    address.erase(start, at + 1 - start);
  }
  auto parsed = parse_url(address);
  if (!parsed || parsed->secure) {
    // Not the text itself: it may hold a password.
    return Error(Code::unsupported,
                 "the proxy that the environment names is not of the form http://host:port");
  }
  proxy.host = parsed->host;
  proxy.port = parsed->port;
  return std::optional<Proxy>(proxy);
}

Proxies proxies_from_environment() {
  Proxies proxies;
  proxies.for_http = first_variable({"http_proxy", "all_proxy", "ALL_PROXY"});
  proxies.for_https = first_variable({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  std::string const exceptions = first_variable({"no_proxy", "NO_PROXY"});
  for (std::string_view part : split(exceptions, ',')) {
    if (!trim(part).empty()) proxies.exceptions.push_back(to_lower_ascii(trim(part)));
  }
  return proxies;
}

}  // namespace shoal::net
