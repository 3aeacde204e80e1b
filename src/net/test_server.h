// A small HTTP server on the loopback address for the tests of this room and of those above it: it says
// exactly the bytes that a test wants said, broken ones too.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/guarded.h"

namespace shoal::net {

class TestServer {
 public:
  struct Reply {
    std::string bytes;
    bool hold = false;  // say no more and wait for the client to go, instead of closing
  };
  // Gets the whole request as it came; called by the server's thread, one request after the other, or with
  // `at_once` by a thread each.
  using Handler = std::function<Reply(std::string const& request)>;
  enum class Serving { one_by_one, at_once };

  explicit TestServer(Handler handler, Serving serving = Serving::one_by_one)
      : handler_(std::move(handler)), serving_(serving) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(listener_ >= 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    CHECK(::listen(listener_, 16) == 0);
    socklen_t size = sizeof address;
    CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  TestServer(TestServer const&) = delete;
  TestServer& operator=(TestServer const&) = delete;
  ~TestServer() {
    ::shutdown(listener_, SHUT_RDWR);  // ends accept()
    thread_.join();
    ::close(listener_);
  }

  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url(std::string_view path) const { return "http://" + host() + std::string(path); }
  std::vector<std::string> requests() const {
    return requests_.with([](std::vector<std::string> const& requests) { return requests; });
  }

  static std::string ok(std::string_view body, std::string_view headers = {}) {
    return "HTTP/1.1 200 OK\r\n" + std::string(headers) + "Content-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + std::string(body);
  }
  static std::string status(int code, std::string_view headers = {}) {
    return "HTTP/1.1 " + std::to_string(code) + " X\r\nContent-Length: 0\r\n" + std::string(headers) + "\r\n";
  }
  // An answer to a request for `body`, which may ask for its end only.
  static std::string ok_with_ranges(std::string const& request, std::string_view body,
                                    std::string_view headers = {}) {
    auto range = request.find("Range: bytes=");
    if (range == std::string::npos) return ok(body, headers);
    auto const text = request.substr(range + 13);
    auto start = std::stoul(text);
    auto const dash = text.find('-');
    bool const has_end = text[dash + 1] >= '0' && text[dash + 1] <= '9';
    std::string rest(body.substr(start, has_end ? std::stoul(text.substr(dash + 1)) - start + 1 : body.npos));
    return "HTTP/1.1 206 Partial\r\n" + std::string(headers) + "Content-Range: bytes " +
           std::to_string(start) + "-" + std::to_string(start + rest.size() - 1) + "/" +
           std::to_string(body.size()) + "\r\nContent-Length: " + std::to_string(rest.size()) + "\r\n\r\n" +
           rest;
  }

 private:
  void serve() {
    while (true) {
      int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) return;
      if (serving_ == Serving::one_by_one) {
        answer(connection);
      } else {
        answering_.emplace_back([this, connection] { answer(connection); });
      }
    }
  }

  void answer(int connection) {
    std::string request = read_request(connection);
    if (!request.empty()) {
      requests_.with([&](std::vector<std::string>& requests) { requests.push_back(request); });
      Reply reply = handler_(request);
      send_all(connection, reply.bytes);
      if (!reply.hold) ::shutdown(connection, SHUT_WR);
      char rest[4096];
      while (::recv(connection, rest, sizeof rest, 0) > 0) {
      }
    }
    ::close(connection);
  }

  static std::string read_request(int connection) {
    std::string request;
    std::size_t wanted = std::string::npos;
    char piece[4096];
    while (request.size() < wanted) {
      auto size = ::recv(connection, piece, sizeof piece, 0);
      if (size <= 0) break;
      request.append(piece, static_cast<std::size_t>(size));
      auto end = request.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      auto length = request.find("Content-Length: ");
      wanted = end + 4 + (length < end ? std::stoul(request.substr(length + 16)) : 0);
    }
    return request;
  }

  static void send_all(int connection, std::string_view bytes) {
    while (!bytes.empty()) {
      auto sent = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  Handler handler_;
  Serving serving_;
  std::vector<std::jthread> answering_;  // of thread_
  int listener_ = -1;
  std::uint16_t port_ = 0;
  Guarded<std::vector<std::string>> requests_;
  std::thread thread_;
};

}  // namespace shoal::net
