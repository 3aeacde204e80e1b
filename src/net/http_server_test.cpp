#include "net/http_server.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "net/local_client.h"
#include "os/file.h"
#include "os/local_address.h"
#include "os/socket.h"

namespace shoal::net {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);

class HttpServerTest : public ::testing::Test {
 protected:
  void serve(HttpServer::Handler handler, HttpServer::Options options = {}) {
    server_ = HttpServer::start(path_, std::move(handler), options).value();
  }
  std::unique_ptr<LocalClient> client() const { return LocalClient::connect(path_).value(); }
  // What the server says to these bytes until it hangs up.
  std::string say(std::string_view bytes) const {
    auto const socket = os::connect_to(path_).value();
    EXPECT_TRUE(os::send(socket.get(), bytes));
    std::string heard;
    std::vector<os::Descriptor> none;
    for (char buffer[4096];;) {
      auto const got = os::receive(socket.get(), buffer, none);
      if (!got || got->state != os::Transfer::State::moved) return heard;
      heard.append(buffer, got->bytes);
    }
  }

  os::TemporaryFolder folder_ = os::TemporaryFolder::create("shoal-http-").value();
  std::string path_ = folder_.path() + "/s";
  std::unique_ptr<HttpServer> server_;
};

LocalRequest get(std::string target) {
  LocalRequest request;
  request.target = std::move(target);
  return request;
}

ServerReply text(std::string body, int status = 200) {
  ServerReply reply;
  reply.status = status;
  reply.headers = {{"content-type", "text/plain"}};
  reply.body = std::move(body);
  return reply;
}

// Counts down, a piece at a time; the first comes from another thread.
class CountDown final : public BodySource {
 public:
  explicit CountDown(int from) : left_(from) {}
  ~CountDown() override { waker_.join(); }

  Piece next(std::function<void()> wake) override {
    if (!waker_.joinable()) {
      waker_ = std::thread(std::move(wake));
      return {};
    }
    auto const now = left_--;
    return {std::to_string(now) + " ", now == 0};
  }

 private:
  int left_;
  std::thread waker_;
};

TEST_F(HttpServerTest, AnswersRequestsOfOneConnection) {
  serve([](ServerRequest request, Responder responder) {
    responder.reply(text(request.method + " " + request.path + " " +
                             request.parameter("after").value_or("-") + " " + request.body +
                             std::string(request.header("x-mark")),
                         request.body.empty() ? 200 : 404));
  });
  auto const connection = client();
  auto const first = connection->ask(get("/a/b?x=1&after=7%2B")).value();
  EXPECT_EQ(first.body, "GET /a/b 7+ ");
  auto post = get("/c");
  post.method = "POST";
  post.body = "body";
  post.headers = {{"X-Mark", "!"}};
  auto const second = connection->ask(post).value();
  EXPECT_EQ(second.body, "POST /c - body!");
  EXPECT_EQ(second.status, 404);
  EXPECT_EQ(server_->connections(), 1u);
}

TEST_F(HttpServerTest, AnswersLaterAndInPieces) {
  std::vector<std::thread> threads;
  serve([&](ServerRequest request, Responder responder) {
    threads.emplace_back([responder, path = request.path] {
      if (path == "/later") return responder.reply(text("late"));
      ServerReply reply;
      reply.source = std::make_unique<CountDown>(3);
      responder.reply(std::move(reply));
    });
  });
  auto const connection = client();
  EXPECT_EQ(connection->ask(get("/later")).value().body, "late");
  auto request = get("/pieces");
  std::string heard;
  request.on_piece = [&](std::string_view piece) -> Result<void> {
    heard += piece;
    return {};
  };
  EXPECT_EQ(connection->ask(request).value().status, 200);
  EXPECT_EQ(heard, "3 2 1 0 ");
  EXPECT_EQ(connection->ask(get("/later")).value().body, "late") << "the connection goes on";
  for (auto& thread : threads) thread.join();
}

TEST_F(HttpServerTest, TellsWhenAClientGoes) {
  std::promise<void> asked, gone;
  std::optional<Responder> kept;
  serve([&](ServerRequest, Responder responder) {
    responder.on_gone([&] { gone.set_value(); });
    kept = responder;
    asked.set_value();
  });
  std::stop_source stop;
  std::thread asking([&] {
    auto request = get("/");
    request.stop = stop.get_token();
    EXPECT_EQ(client()->ask(request).error().code(), Code::cancelled);
  });
  asked.get_future().wait();
  stop.request_stop();
  EXPECT_EQ(gone.get_future().wait_for(kPatience), std::future_status::ready);
  asking.join();
  kept->reply(text("nobody hears"));
}

TEST_F(HttpServerTest, EndsWithClientsThatWait) {
  std::promise<Responder> asked;
  std::promise<void> gone;
  serve([&](ServerRequest, Responder responder) {
    responder.on_gone([&] { gone.set_value(); });
    asked.set_value(responder);
  });
  std::thread asking([&] { EXPECT_EQ(client()->ask(get("/")).error().code(), Code::unavailable); });
  auto const responder = asked.get_future().get();
  server_.reset();
  EXPECT_EQ(gone.get_future().wait_for(kPatience), std::future_status::ready);
  asking.join();
  responder.reply(text("too late"));
  bool told = false;
  responder.on_gone([&] { told = true; });
  EXPECT_TRUE(told);
}

TEST_F(HttpServerTest, RefusesWhatIsNoRequestOrTooLarge) {
  HttpServer::Options options;
  options.max_body_bytes = 10;
  serve([](ServerRequest, Responder responder) { responder.reply(text("fine")); }, options);
  EXPECT_TRUE(say("hello\r\n\r\n").starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(say("POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n12345678901").starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(say("GET / HTTP/1.1\r\nx: " + std::string(70'000, 'x')).starts_with("HTTP/1.1 431"));
  EXPECT_EQ(client()->ask(get("/")).value().body, "fine");
}

TEST_F(HttpServerTest, DoesNotWaitForEverForTheRestOfARequest) {
  HttpServer::Options options;
  options.patience = std::chrono::milliseconds(20);
  serve([](ServerRequest, Responder responder) { responder.reply(text("fine")); }, options);
  EXPECT_EQ(say("GET / HT"), "");
}

}  // namespace
}  // namespace shoal::net
