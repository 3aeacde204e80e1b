// Which proxy a request goes through: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY as curl reads them.
// Any thread that does not race with setenv.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/url.h"

namespace shoal::net {

struct Proxy {
  std::string host;
  std::uint16_t port = 0;
  std::string credentials;  // "user:password", or empty
};

struct Proxies {
  std::string for_http;  // "http://[user:password@]host:port", empty: none
  std::string for_https;
  std::vector<std::string> exceptions;  // "host", ".domain", "*"

  // The proxy for `url`, if any. unsupported: a proxy that is not spoken to by plain HTTP.
  Result<std::optional<Proxy>> find(Url const& url) const;
};

// Lower-case names win; an upper-case HTTP_PROXY is not read, as a web server may have made it from a header.
Proxies proxies_from_environment();

}  // namespace shoal::net
