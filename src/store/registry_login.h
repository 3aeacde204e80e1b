// How a registry of images lets somebody in: it answers 401 with a challenge (WWW-Authenticate, RFC 7235),
// either for a name and password (Basic) or for a token that another address gives (Bearer; the distribution
// project's token authentication). Names and passwords are those that `docker login` and `podman login` keep.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/egress.h"
#include "store/source_kind.h"

namespace shoal::store {

struct LoginChallenge {
  bool is_bearer = false;  // else Basic
  std::string realm;       // of Bearer: the address that gives tokens
  std::string service;
  std::string scope;  // what the token is for: "repository:library/tiny:pull"
};
// The challenge of a header that can be answered, Bearer before Basic.
std::optional<LoginChallenge> parse_login_challenge(std::string_view header);

// What a file of logins (`{"auths": {"HOST": {"auth": "…"}}}`) has for the registry: "name:password" in
// base64. Empty where it has nothing.
std::string find_login(std::string_view file, std::string_view host);

// The Authorization header that answers a 401 of the registry itself. `repository`: "library/tiny". refused
// says how to log in; a challenge of any other host than `registry` ("https://HOST") is not answered, and no
// password goes to an address that is less secure than the registry.
Result<net::HttpRequest::Headers> log_in(net::HttpResponse const& refusal, std::string_view registry,
                                         std::string_view repository, FetchContext const& context);

}  // namespace shoal::store
