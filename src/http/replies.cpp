#include "http/replies.h"

namespace shoal::http {
namespace {

constexpr auto kRetryAfterSeconds = "1";

}  // namespace

int status_of(Code code) {
  switch (code) {
    case Code::invalid_argument: return 400;
    case Code::not_found: return 404;
    case Code::already_exists: return 409;
    case Code::out_of_memory: return 507;
    case Code::busy: return 429;
    case Code::cancelled: return 499;
    case Code::deadline_exceeded: return 504;
    case Code::unavailable: return 503;
    case Code::engine_failed: return 502;
    case Code::refused: return 403;
    case Code::checks_failed: return 422;
    case Code::unsupported: return 501;
    case Code::internal: return 500;
  }
  return 500;
}

net::ServerReply json_reply(Json const& document, int status) {
  net::ServerReply reply;
  reply.status = status;
  reply.headers = {{"content-type", "application/json"}};
  reply.body = document.dump() + "\n";
  return reply;
}

Json to_json(Error const& error) {
  return Json::object({{"code", code_name(error.code())}, {"message", error.message()}});
}

net::ServerReply error_reply(Error const& error) {
  auto reply = json_reply(Json::object({{"error", to_json(error)}}), status_of(error.code()));
  if (error.code() == Code::busy || error.code() == Code::unavailable)
    reply.headers.emplace_back("retry-after", kRetryAfterSeconds);
  return reply;
}

Error error_of(Json const& error) {
  auto const code = code_from_name(error["code"].as_string());
  return Error(code.value_or(Code::internal), error["message"].as_string());
}

Error error_of(int status, std::string_view body) {
  auto const document = Json::parse(body);
  if (document && (*document)["error"].is_object()) return error_of((*document)["error"]);
  return Error(Code::internal, "the host answered with status " + std::to_string(status));
}

}  // namespace shoal::http
