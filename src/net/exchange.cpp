#include "net/exchange.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "base/text.h"

namespace shoal::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr std::size_t kMaxHeaderBytes = 64u << 10;
constexpr std::size_t kMaxErrorBodyBytes = 64u << 10;
constexpr std::size_t kPieceBytes = 128u << 10;
constexpr int kMaxInterimAnswers = 8;
constexpr std::size_t kMaxAddresses = 4;

// Counts what goes over the socket, TLS and headers included; limits nothing.
class CountingPolicy {
 public:
  explicit CountingPolicy(Traffic& moved) : moved_(&moved) {}

 private:
  friend class beast::rate_policy_access;
  std::size_t available_read_bytes() const noexcept { return static_cast<std::size_t>(-1); }
  std::size_t available_write_bytes() const noexcept { return static_cast<std::size_t>(-1); }
  void transfer_read_bytes(std::size_t bytes) noexcept { moved_->bytes_in += bytes; }
  void transfer_write_bytes(std::size_t bytes) noexcept { moved_->bytes_out += bytes; }
  void on_timer() const noexcept {}

  Traffic* moved_;
};
using Stream = beast::basic_stream<tcp, asio::any_io_executor, CountingPolicy>;
using TlsStream = asio::ssl::stream<Stream&>;

// The system's look-up cannot be interrupted, so it has a thread of its own that may outlive the request;
// the result is shared with it for that reason.
struct Lookup {
  std::mutex mutex;
  std::condition_variable_any ended;
  bool done = false;
  error_code failure;
  std::vector<tcp::endpoint> endpoints;
};

Result<std::vector<tcp::endpoint>> look_up(std::string const& host, std::uint16_t port,
                                           HttpRequest const& request) {
  error_code failure;
  auto address = asio::ip::make_address(host, failure);
  if (!failure) return std::vector<tcp::endpoint>{tcp::endpoint(address, port)};

  auto lookup = std::make_shared<Lookup>();
  std::thread([lookup, host, port] {
    asio::io_context context;
    tcp::resolver resolver(context);
    error_code resolve_failure;
    auto results =
        resolver.resolve(host, std::to_string(port), tcp::resolver::numeric_service, resolve_failure);
    std::lock_guard lock(lookup->mutex);
    lookup->failure = resolve_failure;
    for (auto const& result : results) lookup->endpoints.push_back(result.endpoint());
    lookup->done = true;
    lookup->ended.notify_all();
  }).detach();

  std::unique_lock lock(lookup->mutex);
  bool done =
      lookup->ended.wait_for(lock, request.stop, request.connect_timeout, [&] { return lookup->done; });
  if (!done && request.stop.stop_requested()) return Error(Code::cancelled, "cancelled");
  if (!done) return Error(Code::unavailable, "the name could not be looked up in time: is there a network?");
  if (lookup->failure || lookup->endpoints.empty()) {
    return Error(Code::unavailable, "the name could not be found (" + lookup->failure.message() + ")");
  }
  return std::move(lookup->endpoints);
}

std::string base64(std::string const& text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<unsigned char const*>(text.data()), static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return {};
  return value;
}

// "bytes 100-199/1000" → 100
std::optional<std::uint64_t> range_start(std::string_view content_range) {
  if (!content_range.starts_with("bytes ")) return {};
  content_range.remove_prefix(6);
  return number(content_range.substr(0, content_range.find('-')));
}

// "bytes 100-199/1000" → 1000; nothing for "bytes 100-199/*"
std::optional<std::uint64_t> range_total(std::string_view content_range) {
  auto const slash = content_range.rfind('/');
  if (slash == std::string_view::npos) return {};
  return number(content_range.substr(slash + 1));
}

// "bytes=100-", "bytes=100-199"; "" for the whole
std::string range_header(HttpRequest const& request) {
  if (request.offset == 0 && !request.length) return {};
  auto range = "bytes=" + std::to_string(request.offset) + "-";
  if (request.length.value_or(0) > 0) range += std::to_string(request.offset + *request.length - 1);
  return range;
}

class Exchange {
 public:
  Exchange(Url const& url, HttpRequest const& request, HttpSink const& sink, Traffic& moved)
      : url_(url), request_(request), sink_(sink), stream_(CountingPolicy(moved), context_) {}

  Result<HttpResponse> run(std::optional<Proxy> const& proxy) {
    TRY(connect(proxy ? proxy->host : url_.host, proxy ? proxy->port : url_.port));
    if (!url_.secure) return converse(stream_, proxy);
    if (proxy) TRY(open_tunnel(*proxy));
    TRY(start_tls());
    return converse(*tls_, proxy);
  }

 private:
  // Starts an operation and runs it to its end, which comes at the latest after `limit`.
  template <typename Start> error_code await(Duration limit, Start start) {
    if (request_.stop.stop_requested()) return asio::error::operation_aborted;
    error_code outcome = asio::error::operation_aborted;
    bool done = false;
    stream_.expires_after(std::chrono::duration_cast<std::chrono::milliseconds>(limit));
    start([&](error_code result, auto&&...) {
      outcome = result;
      done = true;
    });
    std::stop_callback on_stop(request_.stop, [this] { asio::post(context_, [this] { stream_.close(); }); });
    context_.restart();
    while (!done && context_.run_one() > 0) {
    }
    stream_.expires_never();
    return outcome;
  }

  Error failure(error_code reason, std::string const& doing, Duration limit) const {
    if (request_.stop.stop_requested()) return Error(Code::cancelled, "cancelled");
    if (reason == beast::error::timeout) {
      return Error(Code::deadline_exceeded, doing + ": nothing came for " + human_seconds(seconds(limit)));
    }
    return Error(Code::unavailable, doing + ": " + reason.message());
  }

  Result<void> connect(std::string const& host, std::uint16_t port) {
    auto endpoints = TRY(look_up(host, port, request_));
    if (endpoints.size() > kMaxAddresses) endpoints.resize(kMaxAddresses);
    // All addresses together get the time of two, so that a network that swallows packets is left soon.
    Duration const limit = endpoints.size() < 2
                               ? request_.connect_timeout
                               : 2 * request_.connect_timeout / static_cast<int>(endpoints.size());
    error_code reason;
    for (auto const& endpoint : endpoints) {
      reason = await(limit, [&](auto handler) { stream_.async_connect(endpoint, handler); });
      if (!reason || request_.stop.stop_requested()) break;
      stream_.close();
    }
    if (reason) return failure(reason, "connecting", limit);
    error_code ignored;  // only costs latency
    stream_.socket().set_option(tcp::no_delay(true), ignored);
    return {};
  }

  Result<void> open_tunnel(Proxy const& proxy) {
    http::request<http::empty_body> connect_request(http::verb::connect, url_.destination(), 11);
    connect_request.set(http::field::host, url_.destination());
    authorize(connect_request, proxy);
    auto const limit = request_.connect_timeout;
    auto reason = await(limit, [&](auto handler) { http::async_write(stream_, connect_request, handler); });
    if (reason) return failure(reason, "asking the proxy", limit);
    beast::flat_buffer buffer(kMaxHeaderBytes);
    http::response_parser<http::empty_body> parser;
    parser.skip(true);
    reason = await(limit, [&](auto handler) { http::async_read_header(stream_, buffer, parser, handler); });
    if (reason) return failure(reason, "asking the proxy", limit);
    if (parser.get().result_int() / 100 != 2) {
      return Error(Code::unavailable, "the proxy " + proxy.host + " refused the connection with " +
                                          std::to_string(parser.get().result_int()));
    }
    return {};
  }

  Result<void> start_tls() {
    tls_context_.emplace(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(tls_context_->native_handle(), TLS1_2_VERSION);
    tls_context_->set_default_verify_paths();
    tls_.emplace(stream_, *tls_context_);
    tls_->set_verify_mode(asio::ssl::verify_peer);
    tls_->set_verify_callback(asio::ssl::host_name_verification(url_.host));
    error_code is_name;
    asio::ip::make_address(url_.host, is_name);
    if (is_name) SSL_set_tlsext_host_name(tls_->native_handle(), url_.host.c_str());

    auto const limit = request_.connect_timeout;
    auto reason =
        await(limit, [&](auto handler) { tls_->async_handshake(asio::ssl::stream_base::client, handler); });
    if (!reason) return {};
    long verdict = SSL_get_verify_result(tls_->native_handle());
    if (verdict != X509_V_OK) {
      return Error(Code::unavailable, std::string("its certificate is not accepted (") +
                                          X509_verify_cert_error_string(verdict) + "), so nothing was sent");
    }
    if (reason.category() == asio::error::get_ssl_category()) {
      return Error(Code::unavailable,
                   "no secure connection (" + reason.message() +
                       "): its certificate may be for another name, or it does not speak TLS 1.2");
    }
    return failure(reason, "starting TLS", limit);
  }

  template <typename Message> static void authorize(Message& message, Proxy const& proxy) {
    if (!proxy.credentials.empty())
      message.set(http::field::proxy_authorization, "Basic " + base64(proxy.credentials));
  }

  http::request<http::string_body> make_message(std::optional<Proxy> const& proxy) const {
    bool through_proxy = proxy && !url_.secure;
    http::request<http::string_body> message;
    message.version(11);
    message.method(request_.method == HttpRequest::Method::post ? http::verb::post : http::verb::get);
    message.target(through_proxy ? url_.to_string() : url_.target);
    message.set(http::field::host, url_.host_header());
    message.set(http::field::user_agent, "shoal/" SHOAL_VERSION);
    message.set(http::field::accept, "*/*");
    message.set(http::field::connection, "close");
    for (auto const& [name, value] : request_.headers) message.set(name, value);
    message.set(http::field::accept_encoding, "identity");
    if (auto const range = range_header(request_); !range.empty()) message.set(http::field::range, range);
    if (through_proxy) authorize(message, *proxy);
    message.body() = request_.body;
    if (request_.method == HttpRequest::Method::post) message.prepare_payload();
    return message;
  }

  template <typename Connection>
  Result<HttpResponse> converse(Connection& connection, std::optional<Proxy> const& proxy) {
    auto message = make_message(proxy);
    http::request_serializer<http::string_body> serializer(message);
    while (!serializer.is_done()) {
      auto reason = await(request_.idle_timeout,
                          [&](auto handler) { http::async_write_some(connection, serializer, handler); });
      if (reason) return failure(reason, "sending the request", request_.idle_timeout);
    }
    for (int i = 0; i < kMaxInterimAnswers; ++i) {
      http::response_parser<http::buffer_body> parser;
      parser.header_limit(kMaxHeaderBytes);
      parser.body_limit(boost::none);  // counted by receive()
      auto reason = await(request_.idle_timeout, [&](auto handler) {
        http::async_read_header(connection, buffer_, parser, handler);
      });
      if (reason == http::error::header_limit || reason == http::error::buffer_overflow) {
        return Error(Code::unavailable,
                     "its answer has more than " + human_bytes(kMaxHeaderBytes) + " of headers");
      }
      if (reason) return failure(reason, "waiting for the answer", request_.idle_timeout);
      if (parser.get().result_int() / 100 != 1) return receive(connection, parser);
    }
    return Error(Code::unavailable, "it sends interim answers without end");
  }

  static HttpResponse head_of(http::response_parser<http::buffer_body>& parser) {
    HttpResponse response;
    response.status = static_cast<int>(parser.get().result_int());
    for (auto const& field : parser.get()) {
      auto name = field.name_string();
      auto value = field.value();
      response.headers.emplace_back(to_lower_ascii({name.data(), name.size()}),
                                    std::string(value.data(), value.size()));
    }
    if (auto length = parser.content_length()) response.content_length = *length;
    return response;
  }

  template <typename Connection>
  Result<HttpResponse> receive(Connection& connection, http::response_parser<http::buffer_body>& parser) {
    HttpResponse response = head_of(parser);
    bool const success = response.status / 100 == 2;
    if (response.status == 206) {
      auto start = range_start(response.header("content-range"));
      if (!start || *start != request_.offset) {
        return Error(Code::unavailable, "it answered with another range than was asked for");
      }
      response.offset = *start;
      response.total = range_total(response.header("content-range"));
    } else {
      response.total = response.content_length;
    }
    if (success && response.content_length.value_or(0) > request_.max_body_bytes) return too_large();
    if (success && sink_.on_head) TRY(sink_.on_head(response));

    std::vector<char> piece(kPieceBytes);
    buffer_.reserve(kPieceBytes);  // as much is read at a time as it has room for
    std::uint64_t received = 0;
    while (!parser.is_done()) {
      parser.get().body().data = piece.data();
      parser.get().body().size = piece.size();
      parser.get().body().more = true;
      auto reason = await(request_.idle_timeout,
                          [&](auto handler) { http::async_read_some(connection, buffer_, parser, handler); });
      std::string_view bytes(piece.data(), piece.size() - parser.get().body().size);
      if (reason && reason != http::error::need_buffer)
        return cut_short(reason, received + bytes.size(), response);
      received += bytes.size();
      if (success && received > request_.max_body_bytes) return too_large();
      if (success && sink_.on_body) {
        if (!bytes.empty()) TRY(sink_.on_body(bytes));
      } else {
        response.body.append(bytes);
        if (!success && response.body.size() >= kMaxErrorBodyBytes) {
          response.body.resize(kMaxErrorBodyBytes);
          break;
        }
      }
    }
    return response;
  }

  Error too_large() const {
    return Error(Code::invalid_argument, "its answer is larger than the " +
                                             human_bytes(request_.max_body_bytes) +
                                             " that are expected at most");
  }

  Error cut_short(error_code reason, std::uint64_t received, HttpResponse const& response) const {
    std::string so_far = "receiving the answer, after " + human_bytes(received);
    if (response.content_length) so_far += " of " + human_bytes(*response.content_length);
    return failure(reason, so_far, request_.idle_timeout);
  }

  Url const& url_;
  HttpRequest const& request_;
  HttpSink const& sink_;
  asio::io_context context_;
  Stream stream_;
  std::optional<asio::ssl::context> tls_context_;
  std::optional<TlsStream> tls_;
  beast::flat_buffer buffer_{kMaxHeaderBytes + kPieceBytes};
};

}  // namespace

Result<HttpResponse> exchange(Url const& url, std::optional<Proxy> const& proxy, HttpRequest const& request,
                              HttpSink const& sink, Traffic& moved) {
  try {
    return Exchange(url, request, sink, moved).run(proxy);
  } catch (std::bad_alloc const&) {
    return Error(Code::out_of_memory, "no memory for the request");
  } catch (std::exception const& thrown) {
    return Error(Code::internal, thrown.what());
  }
}

}  // namespace shoal::net
