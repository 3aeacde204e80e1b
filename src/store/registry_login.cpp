#include "store/registry_login.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "net/url.h"
#include "os/file.h"

namespace shoal::store {
namespace {

constexpr std::uint64_t kMaxLoginsBytes = 1u << 20;
constexpr std::uint64_t kMaxTokenBytes = 64u << 10;

// Reads `Scheme name="value", name=value, Scheme …`.
class ChallengeReader {
 public:
  explicit ChallengeReader(std::string_view text) : text_(text) {}

  // A name, up to what can be in none.
  std::string word() {
    skip(" \t,");
    auto const end = std::min(text_.find_first_of(" \t,=\""), text_.size());
    std::string word(text_.substr(0, end));
    text_.remove_prefix(end);
    if (word.empty() && !text_.empty()) text_.remove_prefix(1);  // of no meaning here
    return word;
  }
  // What follows a name in a pair; nothing where the name stands alone.
  std::optional<std::string> value() {
    auto const before = text_;
    skip(" \t");
    if (!text_.starts_with('=')) {
      text_ = before;
      return std::nullopt;
    }
    text_.remove_prefix(1);
    skip(" \t");
    return text_.starts_with('"') ? quoted() : plain();
  }
  bool at_end() const { return text_.empty(); }

 private:
  void skip(std::string_view characters) {
    text_.remove_prefix(std::min(text_.find_first_not_of(characters), text_.size()));
  }
  std::string plain() {
    auto const end = std::min(text_.find_first_of(" \t,"), text_.size());
    std::string value(text_.substr(0, end));
    text_.remove_prefix(end);
    return value;
  }
  std::string quoted() {
    std::string value;
    std::size_t at = 1;
    for (; at < text_.size() && text_[at] != '"'; ++at) {
      if (text_[at] == '\\' && at + 1 < text_.size()) ++at;
      value += text_[at];
    }
    text_.remove_prefix(std::min(at + 1, text_.size()));
    return value;
  }

  std::string_view text_;
};

// As a query takes it (RFC 3986).
std::string escaped(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    bool const is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          std::string_view("-._~:/,").find(c) != std::string_view::npos;
    auto const byte = static_cast<unsigned char>(c);
    if (is_plain) {
      out += c;
    } else {
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

// "https://index.example/v1/" → "index.example".
std::string_view host_of(std::string_view key) {
  if (auto const scheme = key.find("://"); scheme != std::string_view::npos) key.remove_prefix(scheme + 3);
  return key.substr(0, key.find('/'));
}

bool is_base64(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/' || c == '=';
  });
}

std::string login_for(std::string_view host, FetchContext const& context) {
  for (auto const& file : context.hubs.registry_logins) {
    auto const text = os::read_file(file, kMaxLoginsBytes);
    auto login = text ? find_login(*text, host) : "";
    if (!login.empty()) return login;
  }
  return {};
}

Error not_let_in(std::string_view host, std::string_view repository, bool has_login) {
  auto const name = std::string(host);
  return Error(Code::refused, has_login
                                  ? "the log-in that is kept for " + name + " may not read " +
                                        std::string(repository) + ", or is wrong: `docker login " + name + "`"
                                  : name + " wants a log-in for " + std::string(repository) +
                                        ", if it has it: `docker login " + name + "` keeps one");
}

// A token is a word of a header, and nothing else may come of it.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

Result<std::string> fetch_token(LoginChallenge const& challenge, std::string const& login,
                                std::string_view host, std::string_view repository,
                                FetchContext const& context) {
  auto const scope =
      challenge.scope.empty() ? "repository:" + std::string(repository) + ":pull" : challenge.scope;
  net::HttpRequest request{.url = challenge.realm +
                                  (challenge.realm.find('?') == std::string::npos ? "?" : "&") +
                                  "service=" + escaped(challenge.service) + "&scope=" + escaped(scope)};
  if (!login.empty()) request.headers = {{"Authorization", "Basic " + login}};
  request.max_body_bytes = kMaxTokenBytes;
  request.idle_timeout = std::chrono::seconds(10);
  request.stop = context.stop;
  auto const response = TRY(context.egress.fetch(context.account, request));
  if (response.status == 401 || response.status == 403) return not_let_in(host, repository, !login.empty());
  TRY(net::require_success(response));
  auto const document = Json::parse(response.body);
  for (char const* key : {"token", "access_token"}) {
    if (document && is_token((*document)[key].as_string())) return std::string((*document)[key].as_string());
  }
  return Error(Code::unavailable, response.url + " gives no token");
}

}  // namespace

std::optional<LoginChallenge> parse_login_challenge(std::string_view header) {
  std::optional<LoginChallenge> basic, bearer;
  LoginChallenge ignored;
  auto* current = &ignored;
  for (ChallengeReader reader(header); !reader.at_end();) {
    auto const name = to_lower_ascii(reader.word());
    auto value = reader.value();
    if (!value && name == "bearer" && !bearer) {
      current = &bearer.emplace(LoginChallenge{.is_bearer = true});
    } else if (!value && !name.empty()) {
      current = name == "basic" && !basic ? &basic.emplace() : &ignored;
    } else if (name == "realm") {
      current->realm = *value;
    } else if (name == "service") {
      current->service = *value;
    } else if (name == "scope") {
      current->scope = *value;
    }
  }
  if (bearer && net::parse_url(bearer->realm)) return bearer;
  return basic;
}

std::string find_login(std::string_view file, std::string_view host) {
  auto const document = Json::parse(file);
  if (!document || !(*document)["auths"].is_object()) return {};
  for (auto const& [key, entry] : (*document)["auths"].as_object()) {
    if (host_of(key) == host && is_base64(entry["auth"].as_string()))
      return std::string(entry["auth"].as_string());
  }
  return {};
}

Result<net::HttpRequest::Headers> log_in(net::HttpResponse const& refusal, std::string_view registry,
                                         std::string_view repository, FetchContext const& context) {
  auto const from = TRY(net::parse_url(refusal.url));
  auto const own = TRY(net::parse_url(std::string(registry) + "/"));
  auto const host = own.host_header();
  auto const challenge = parse_login_challenge(refusal.header("www-authenticate"));
  if (from.destination() != own.destination() || !challenge) return not_let_in(host, repository, false);
  auto const login = login_for(host, context);
  if (!challenge->is_bearer) {
    if (login.empty()) return not_let_in(host, repository, false);
    return net::HttpRequest::Headers{{"Authorization", "Basic " + login}};
  }
  auto const realm = TRY(net::parse_url(challenge->realm));
  if (own.secure && !realm.secure) {
    return Error(Code::refused, std::string(registry) + " sends to " + realm.to_string() +
                                    " for a token, which is not secure: not followed");
  }
  auto const token = TRY(fetch_token(*challenge, login, host, repository, context));
  return net::HttpRequest::Headers{{"Authorization", "Bearer " + token}};
}

}  // namespace shoal::store
