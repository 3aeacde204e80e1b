// One request to one server over a socket of its own: the only place where this program opens a socket
// to another machine, and the only user of Boost.Beast, Asio and OpenSSL's TLS. Called by Egress, which
// has asked the policy; blocks the calling thread.
#pragma once

#include <optional>

#include "net/egress.h"
#include "net/url.h"

namespace shoal::net {

// Sends `request` to `url` (request.url is not looked at) and follows nothing. `moved` counts what went
// over the socket, also when the exchange fails.
Result<HttpResponse> exchange(Url const& url, std::optional<Proxy> const& proxy, HttpRequest const& request,
                              HttpSink const& sink, Traffic& moved);

}  // namespace shoal::net
