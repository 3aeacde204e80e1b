#include "net/local_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <vector>

#include "os/local_address.h"

namespace shoal::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Protocol = asio::local::stream_protocol;

constexpr std::uint32_t kMaxHeaderBytes = 64u << 10;
constexpr std::size_t kPieceBytes = 64u << 10;

class BeastClient final : public LocalClient {
 public:
  explicit BeastClient(os::Descriptor socket) : socket_(context_) {
    socket_.assign(Protocol(), socket.get());
    socket.release();
  }

  Result<LocalResponse> ask(LocalRequest const& request) override {
    http::request<http::string_body> message;
    message.version(11);
    message.method_string(request.method);
    message.target(request.target);
    message.set(http::field::host, "localhost");
    for (auto const& [name, value] : request.headers) message.set(name, value);
    message.body() = request.body;
    message.prepare_payload();
    answered_ = false;
    late_ = false;
    asio::steady_timer deadline(context_);
    if (request.deadline) {
      deadline.expires_after(*request.deadline);
      deadline.async_wait([this](error_code cancelled) {
        if (cancelled) return;
        late_ = true;
        hang_up();
      });
    }
    // A server that has had enough of a body says why before it hangs up.
    auto const sent = await(request, [&](auto handler) { http::async_write(socket_, message, handler); });
    if (!sent && sent.error().code() != Code::unavailable) return sent.error();
    http::response_parser<http::buffer_body> parser;
    parser.header_limit(kMaxHeaderBytes);
    parser.body_limit(boost::none);
    auto const head =
        await(request, [&](auto handler) { http::async_read_header(socket_, buffer_, parser, handler); });
    if (!head) return sent ? head.error() : sent.error();
    answered_ = true;
    LocalResponse response;
    response.status = static_cast<int>(parser.get().result_int());
    TRY(receive(request, parser, response));
    return response;
  }
  bool was_answered() const override { return answered_; }

 private:
  void hang_up() {
    error_code ignored;
    socket_.close(ignored);
  }

  // Starts an operation and runs it to its end.
  template <typename Start> Result<void> await(LocalRequest const& request, Start start) {
    error_code outcome = asio::error::operation_aborted;
    bool done = false;
    start([&](error_code result, auto&&...) {
      outcome = result;
      done = true;
    });
    std::stop_callback const on_stop(request.stop, [this] { asio::post(context_, [this] { hang_up(); }); });
    context_.restart();
    while (!done && context_.run_one() > 0) {
    }
    if (!outcome || outcome == http::error::need_buffer) return {};
    if (request.stop.stop_requested()) return Error(Code::cancelled, "cancelled");
    if (late_) return Error(Code::deadline_exceeded, "the host does not answer");
    return Error(Code::unavailable, "the host ended the conversation: " + outcome.message());
  }

  Result<void> receive(LocalRequest const& request, http::response_parser<http::buffer_body>& parser,
                       LocalResponse& response) {
    bool const streams = request.on_piece && response.status / 100 == 2;
    while (!parser.is_done()) {
      auto& body = parser.get().body();
      body.data = piece_.data();
      body.size = piece_.size();
      body.more = true;
      TRY(await(request, [&](auto handler) { http::async_read_some(socket_, buffer_, parser, handler); }));
      std::string_view const bytes(piece_.data(), piece_.size() - body.size);
      if (!streams) response.body.append(bytes);
      if (streams && !bytes.empty()) TRY(request.on_piece(bytes));
    }
    return {};
  }

  asio::io_context context_{1};
  bool answered_ = false, late_ = false;
  Protocol::socket socket_;
  beast::flat_buffer buffer_{kMaxHeaderBytes + kPieceBytes};
  std::vector<char> piece_ = std::vector<char>(kPieceBytes);
};

}  // namespace

Result<std::unique_ptr<LocalClient>> LocalClient::connect(std::string const& path) {
  return std::make_unique<BeastClient>(TRY(os::connect_to(path)));
}

}  // namespace shoal::net
