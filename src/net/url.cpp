#include "net/url.h"

#include <charconv>
#include <optional>

#include "base/text.h"

namespace shoal::net {
namespace {

Error malformed(std::string_view text, std::string_view reason) {
  return Error(Code::invalid_argument,
               "`" + printable(text) + "` is not a usable URL: " + std::string(reason));
}

bool host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool address_character(char c) {  // of an IPv6 address
  return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == ':' || c == '.';
}

template <typename Predicate> bool all_of(std::string_view text, Predicate predicate) {
  for (char c : text) {
    if (!predicate(c)) return false;
  }
  return true;
}

// Without "." and ".." segments.
std::string normal_path(std::string_view path) {
  std::vector<std::string> kept;
  auto segments = split(path, '/');
  for (std::size_t i = 1; i < segments.size(); ++i) {
    bool last = i + 1 == segments.size();
    if (segments[i] == "..") {
      if (!kept.empty()) kept.pop_back();
      if (last) kept.emplace_back();
    } else if (segments[i] == ".") {
      if (last) kept.emplace_back();
    } else {
      kept.emplace_back(segments[i]);
    }
  }
  return "/" + join(kept, "/");
}

std::optional<unsigned char> byte_of(std::string_view digits) {
  unsigned char byte = 0;
  auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
  if (digits.size() != 2 || read.ptr != digits.data() + 2) return std::nullopt;
  return byte;
}

bool stays_unencoded(char c) { return host_character(c) || (c >= 'A' && c <= 'Z') || c == '~'; }

}  // namespace

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const byte = text[i] == '%' ? byte_of(text.substr(i + 1, 2)) : std::nullopt;
    decoded += byte ? static_cast<char>(*byte) : text[i];
    if (byte) i += 2;
  }
  return decoded;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (char const c : text) {
    if (stays_unencoded(c)) {
      encoded += c;
      continue;
    }
    auto const byte = static_cast<unsigned char>(c);
    encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return encoded;
}

std::string Url::host_in_url() const { return host.find(':') == std::string::npos ? host : "[" + host + "]"; }

std::string Url::destination() const { return host_in_url() + ":" + std::to_string(port); }

std::string Url::host_header() const { return port == (secure ? 443 : 80) ? host_in_url() : destination(); }

std::string Url::to_string() const { return (secure ? "https://" : "http://") + host_header() + target; }

Result<Url> parse_url(std::string_view text) {
  if (!all_of(text,
              [](char c) { return c > ' ' && c < 0x7f && c != '\\' && c != '"' && c != '<' && c != '>'; })) {
    return malformed(text, "it has blanks or characters that must be written as %XX");
  }
  Url url;
  std::string_view rest = text;
  std::string scheme = to_lower_ascii(text.substr(0, text.find("://")));
  if (scheme != "http" && scheme != "https")
    return malformed(text, "it starts with neither http:// nor https://");
  url.secure = scheme == "https";
  rest.remove_prefix(scheme.size() + 3);
  rest = rest.substr(0, rest.find('#'));

  auto end = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, end);
  url.target = end == std::string_view::npos ? "/" : std::string(rest.substr(end));
  if (url.target.front() == '?') url.target.insert(0, "/");

  if (authority.find('@') != std::string_view::npos) {
    return Error(Code::invalid_argument,
                 "a URL with a user name or password in it is not used: " + url.target);
  }
  std::string_view port;
  if (authority.starts_with('[')) {
    auto close = authority.find(']');
    if (close == std::string_view::npos) return malformed(text, "the `[` has no `]`");
    url.host = to_lower_ascii(authority.substr(1, close - 1));
    port = authority.substr(close + 1);
    if (!all_of(url.host, address_character)) return malformed(text, "the host is no IPv6 address");
  } else {
    auto colon = authority.find(':');
    url.host = to_lower_ascii(authority.substr(0, colon));
    port = colon == std::string_view::npos ? std::string_view() : authority.substr(colon);
    if (!all_of(url.host, host_character))
      return malformed(text, "the host has characters that no host name has");
  }
  if (url.host.empty()) return malformed(text, "it names no host");

  url.port = url.secure ? 443 : 80;
  if (port.size() > 1 || (!port.empty() && port != ":")) {
    unsigned number = 0;
    auto parsed = std::from_chars(port.data() + 1, port.data() + port.size(), number);
    bool whole = parsed.ec == std::errc() && parsed.ptr == port.data() + port.size();
    if (port.front() != ':' || !whole || number == 0 || number > 65535)
      return malformed(text, "the port is no number from 1 to 65535");
    url.port = static_cast<std::uint16_t>(number);
  }
  return url;
}

Result<Url> resolve_url(Url const& base, std::string_view location) {
  location = location.substr(0, location.find('#'));
  if (location.find("://") < location.find_first_of("/?")) return parse_url(location);
  if (location.starts_with("//"))
    return parse_url((base.secure ? "https:" : "http:") + std::string(location));
  std::string origin = base.to_string();
  origin.resize(origin.size() - base.target.size());
  if (location.starts_with("/")) return parse_url(origin + std::string(location));
  std::string path = base.target.substr(0, base.target.find('?'));
  if (location.starts_with("?")) return parse_url(origin + path + std::string(location));
  auto query = location.find('?');
  std::string joined = path.substr(0, path.rfind('/') + 1) + std::string(location.substr(0, query));
  std::string rest = query == std::string_view::npos ? "" : std::string(location.substr(query));
  return parse_url(origin + normal_path(joined) + rest);
}

}  // namespace shoal::net
