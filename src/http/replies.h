// Answers of the API: JSON, and errors as {"error": {"code", "message"}}. Pure; any thread.
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "net/http_server.h"

namespace shoal::http {

// The one table from errors to HTTP: 400 invalid_argument, 404 not_found, …
int status_of(Code code);

net::ServerReply json_reply(Json const& document, int status = 200);
Json to_json(Error const& error);
// With Retry-After where trying again may help.
net::ServerReply error_reply(Error const& error);
// What error_reply() says, read back. internal where it says something else.
Error error_of(int status, std::string_view body);
// From the member "error" of a document.
Error error_of(Json const& error);

}  // namespace shoal::http
