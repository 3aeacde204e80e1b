// Absolute http and https addresses (RFC 3986), as far as a client needs them. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace shoal::net {

struct Url {
  bool secure = false;
  std::string host;  // lower case, without the brackets of an IPv6 address
  std::uint16_t port = 0;
  std::string target;  // path and query, starts with "/"

  std::string host_in_url() const;  // in brackets where it is an IPv6 address
  std::string destination() const;  // "host:port"
  std::string host_header() const;  // without the port where it is the scheme's own
  std::string to_string() const;
};

// invalid_argument for other schemes, user names and passwords, and characters that no URL has. A fragment is
// dropped.
Result<Url> parse_url(std::string_view text);
// Text that was percent-encoded; a sign that is not followed by two hexadecimal digits stays as it is.
std::string percent_decoded(std::string_view text);
// All but letters, digits and "-._~" as "%XX": for one segment of a path, or a value of a query.
std::string percent_encoded(std::string_view text);

// Where a Location header of `base` leads.
Result<Url> resolve_url(Url const& base, std::string_view location);

}  // namespace shoal::net
