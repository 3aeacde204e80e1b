#include "net/http_server.h"

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/buffer_traits.hpp>
#include <boost/beast/core/buffers_suffix.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <set>
#include <thread>

#include "base/guarded.h"
#include "base/log.h"
#include "base/text.h"
#include "net/url.h"
#include "os/local_address.h"

namespace shoal::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Protocol = asio::local::stream_protocol;
using Stream = beast::basic_stream<Protocol>;

constexpr std::uint32_t kMaxHeaderBytes = 64u << 10;
constexpr std::size_t kFirstReadBytes = 8u << 10;
constexpr auto kRestAfterFailure = std::chrono::milliseconds(100);

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

std::chrono::milliseconds milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

ServerRequest request_of(http::request<http::string_body>&& message) {
  ServerRequest request;
  request.method = view(message.method_string());
  auto const target = view(message.target());
  auto const mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  for (auto const& field : message)
    request.headers.emplace_back(to_lower_ascii(view(field.name_string())), view(field.value()));
  request.body = std::move(message.body());
  return request;
}

}  // namespace

// What passes between the connection's coroutine, which lives on the server's thread, and whoever answers.
struct Responder::Exchange : std::enable_shared_from_this<Exchange> {
  explicit Exchange(asio::io_context& io) : context(io) {
    changed.emplace(io, asio::steady_timer::time_point::max());
  }

  // Wakes the coroutine where it waits for what can come from other threads. The server's thread.
  void stir() {
    stirred = true;
    if (changed) changed->cancel();
  }
  // Any thread, with `shared` held and not `over`: the connection is alive, and the server with it.
  void wake() {
    asio::post(context, [self = shared_from_this()] { self->stir(); });
  }

  struct Shared {
    std::optional<ServerReply> reply;
    bool replied = false, gone = false, over = false;
    std::function<void()> on_gone;
  };

  asio::io_context& context;
  std::optional<asio::steady_timer>
      changed;  // until it is over: copies of the Responder may outlive the server
  bool stirred = false;
  Guarded<Shared> shared;
};

void Responder::reply(ServerReply reply) const {
  exchange_->shared.with([&](Exchange::Shared& shared) {
    if (std::exchange(shared.replied, true) || shared.over) return;
    shared.reply = std::move(reply);
    exchange_->wake();
  });
}

void Responder::on_gone(std::function<void()> on_gone) const {
  bool const gone = exchange_->shared.with([&](Exchange::Shared& shared) {
    if (!shared.gone && !shared.over) shared.on_gone = on_gone;
    return shared.gone;
  });
  if (gone) on_gone();
}

std::string_view ServerRequest::header(std::string_view lower_case_name) const {
  for (auto const& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

std::optional<std::string> ServerRequest::parameter(std::string_view name) const {
  for (auto const part : split(query, '&')) {
    auto const sign = part.find('=');
    if (part.substr(0, sign) != name) continue;
    return percent_decoded(sign == std::string_view::npos ? std::string_view() : part.substr(sign + 1));
  }
  return std::nullopt;
}

namespace {

using Exchange = Responder::Exchange;

// One client. Lives in its coroutine, on the server's thread.
class Connection {
 public:
  Connection(asio::io_context& context, Protocol::socket socket, HttpServer::Handler const& handler,
             HttpServer::Options const& options, std::atomic<std::size_t>& exchanges)
      : context_(context),
        stream_(std::move(socket)),
        handler_(handler),
        options_(options),
        exchanges_(exchanges) {
    stream_.socket().non_blocking(true);
  }

  Connection(Connection const&) = delete;
  Connection& operator=(Connection const&) = delete;
  ~Connection() {
    if (exchange_) end_exchange(true);
  }

  // What is under way fails, and serve() ends.
  void close() {
    error_code ignored;
    stream_.socket().close(ignored);
  }

  asio::awaitable<void> serve() {
    while (co_await serve_one()) {
    }
    error_code ignored;
    stream_.socket().shutdown(Protocol::socket::shutdown_both, ignored);
  }

 private:
  static auto into(error_code& failure) { return asio::redirect_error(asio::use_awaitable, failure); }

  // false: the connection is to be closed.
  asio::awaitable<bool> serve_one() {
    error_code failure;
    http::request_parser<http::string_body> parser;
    parser.header_limit(kMaxHeaderBytes);
    parser.body_limit(options_.max_body_bytes);
    stream_.expires_after(milliseconds(options_.keep_alive));
    if (buffer_.size() == 0)
      buffer_.commit(co_await stream_.async_read_some(buffer_.prepare(kFirstReadBytes), into(failure)));
    if (failure) co_return false;
    stream_.expires_after(milliseconds(options_.patience));
    co_await http::async_read(stream_, buffer_, parser, into(failure));
    stream_.expires_never();
    if (failure) {
      co_await refuse(failure);
      co_return false;
    }
    bool const keeps = parser.keep_alive();
    exchange_ = std::make_shared<Exchange>(context_);
    ++exchanges_;
    try {
      handler_(request_of(parser.release()), Responder(exchange_));
    } catch (std::exception const& thrown) {
      log_error(std::string("a request ended with an internal error: ") + thrown.what());
      co_return false;
    }
    bool const whole = co_await answer(keeps);
    end_exchange(!whole);
    co_return whole&& keeps;
  }

  // Says what is wrong with a request that could not be read, where somebody still listens.
  asio::awaitable<void> refuse(error_code failure) {
    if (failure.category() != http::make_error_code(http::error::end_of_stream).category() ||
        failure == http::error::end_of_stream || failure == http::error::partial_message)
      co_return;
    ServerReply reply;
    reply.status = failure == http::error::body_limit     ? 413
                   : failure == http::error::header_limit ? 431
                                                          : 400;
    reply.headers = {{"content-type", "application/json"}};
    reply.body = R"({"error":{"code":"invalid_argument","message":"the request could not be read: )" +
                 failure.message() + "\"}}\n";
    co_await send_whole(reply, false);
  }

  asio::awaitable<bool> answer(bool keeps) {
    std::optional<ServerReply> reply;
    while (!(reply = take_reply())) {
      if (!co_await wait_for_change()) co_return false;
    }
    if (!reply->source) co_return co_await send_whole(*reply, keeps);
    co_return co_await send_pieces(*reply, keeps);
  }

  std::optional<ServerReply> take_reply() {
    return exchange_->shared.with([](auto& shared) { return std::exchange(shared.reply, std::nullopt); });
  }

  // Until something may have changed; false: the client has gone.
  asio::awaitable<bool> wait_for_change() {
    using namespace asio::experimental::awaitable_operators;
    if (std::exchange(exchange_->stirred, false)) co_return true;
    error_code changed, readable;
    auto const first = co_await (exchange_->changed->async_wait(into(changed)) ||
                                 stream_.socket().async_wait(Protocol::socket::wait_read, into(readable)));
    exchange_->stirred = false;
    if (first.index() == 0) co_return true;
    co_return co_await still_there();
  }

  // What has come while it waits for an answer: the end, or the next request, which has to wait.
  asio::awaitable<bool> still_there() {
    if (buffer_.size() >= kMaxHeaderBytes) co_return false;
    error_code failure;
    auto const space = buffer_.prepare(kMaxHeaderBytes - buffer_.size());
    buffer_.commit(co_await stream_.socket().async_read_some(space, into(failure)));
    co_return !failure;
  }

  template <typename Body> void fill_head(http::response<Body>& message, ServerReply& reply, bool keeps) {
    message.result(static_cast<unsigned>(reply.status));
    message.version(11);
    for (auto const& [name, value] : reply.headers) message.insert(name, value);
    message.keep_alive(keeps);
  }

  asio::awaitable<bool> send_whole(ServerReply& reply, bool keeps) {
    http::response<http::string_body> message;
    fill_head(message, reply, keeps);
    message.body() = std::move(reply.body);
    message.prepare_payload();
    error_code failure;
    stream_.expires_after(milliseconds(options_.patience));
    co_await http::async_write(stream_, message, into(failure));
    stream_.expires_never();
    co_return !failure;
  }

  // At once where the socket has room, as it mostly has; only what has to wait needs a time limit.
  asio::awaitable<error_code> send_piece(std::string_view bytes) {
    auto const chunk = http::make_chunk(asio::buffer(bytes));
    error_code failure;
    auto const sent = stream_.socket().write_some(chunk, failure);
    if (failure && failure != asio::error::would_block) co_return failure;
    beast::buffers_suffix rest(chunk);
    rest.consume(sent);
    if (beast::buffer_bytes(rest) == 0) co_return error_code();
    stream_.expires_after(milliseconds(options_.patience));
    co_await asio::async_write(stream_, rest, into(failure));
    stream_.expires_never();
    co_return failure;
  }

  asio::awaitable<bool> send_pieces(ServerReply& reply, bool keeps) {
    http::response<http::empty_body> message;
    fill_head(message, reply, keeps);
    message.chunked(true);
    http::response_serializer<http::empty_body> serializer(message);
    error_code failure;
    stream_.expires_after(milliseconds(options_.patience));
    co_await http::async_write_header(stream_, serializer, into(failure));
    stream_.expires_never();
    while (!failure) {
      auto const piece = reply.source->next([exchange = exchange_->weak_from_this()] {
        if (auto const alive = exchange.lock()) {
          alive->shared.with([&](auto& shared) {
            if (!shared.over) alive->wake();
          });
        }
      });
      if (!piece.bytes.empty()) failure = co_await send_piece(piece.bytes);
      if (piece.last && !failure) {
        stream_.expires_after(milliseconds(options_.patience));
        co_await asio::async_write(stream_, http::make_chunk_last(), into(failure));
        stream_.expires_never();
        co_return !failure;
      }
      if (piece.bytes.empty() && !co_await wait_for_change()) co_return false;
    }
    co_return false;
  }

  void end_exchange(bool gone) {
    auto const on_gone = exchange_->shared.with([&](auto& shared) {
      shared.over = true;
      shared.gone = gone;
      shared.reply.reset();
      return std::exchange(shared.on_gone, {});
    });
    exchange_->changed.reset();
    exchange_.reset();
    --exchanges_;
    if (gone && on_gone) on_gone();
  }

  asio::io_context& context_;
  Stream stream_;
  HttpServer::Handler const& handler_;
  HttpServer::Options const& options_;
  std::atomic<std::size_t>& exchanges_;
  beast::flat_buffer buffer_{2 * kMaxHeaderBytes};
  std::shared_ptr<Exchange> exchange_;
};

class BeastServer final : public HttpServer {
 public:
  BeastServer(os::Descriptor listener, Handler handler, Options options)
      : handler_(std::move(handler)), options_(options), acceptor_(context_) {
    acceptor_.assign(Protocol(), listener.get());
    listener.release();
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }
  ~BeastServer() override {
    asio::post(context_, [this] {
      acceptor_.close();
      for (auto* each : live_) each->close();
    });
    thread_.join();
  }

  std::size_t connections() const override { return count_; }
  std::size_t exchanges() const override { return exchanges_; }

 private:
  asio::awaitable<void> accept() {
    for (;;) {
      error_code failure;
      auto socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, failure));
      if (!acceptor_.is_open()) co_return;
      if (failure) {  // out of descriptors: they come back
        log_warning("a connection could not be accepted: " + failure.message());
        asio::steady_timer rest(context_, kRestAfterFailure);
        co_await rest.async_wait(asio::use_awaitable);
        continue;
      }
      // One that is one too many hears nothing, and tries again.
      if (live_.size() < options_.max_connections)
        asio::co_spawn(context_, serve(std::move(socket)), asio::detached);
    }
  }

  asio::awaitable<void> serve(Protocol::socket socket) {
    Connection connection(context_, std::move(socket), handler_, options_, exchanges_);
    live_.insert(&connection);
    ++count_;
    try {
      co_await connection.serve();
    } catch (std::exception const& thrown) {
      log_warning(std::string("a connection ended: ") + thrown.what());
    }
    live_.erase(&connection);
    --count_;
  }

  Handler const handler_;
  Options const options_;
  std::atomic<std::size_t> count_ = 0, exchanges_ = 0;
  std::set<Connection*> live_;  // the server's thread
  asio::io_context context_{1};
  Protocol::acceptor acceptor_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(std::string const& path, Handler handler,
                                                      Options options) {
  auto listener = TRY(os::listen_at(path));
  try {
    return std::make_unique<BeastServer>(std::move(listener), std::move(handler), options);
  } catch (std::exception const& thrown) {
    return Error(Code::unavailable, std::string("the server could not be started: ") + thrown.what());
  }
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(std::string const& path, Handler handler) {
  return start(path, std::move(handler), Options());
}

}  // namespace shoal::net
