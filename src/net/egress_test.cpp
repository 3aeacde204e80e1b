#include "net/egress.h"

#include <gtest/gtest.h>

#include "net/test_server.h"

namespace shoal::net {
namespace {

using namespace std::chrono_literals;
using Reply = TestServer::Reply;

class EgressTest : public testing::Test {
 protected:
  Result<HttpResponse> get(std::string url) {
    return egress_.fetch(account_, HttpRequest{.url = std::move(url)});
  }

  Egress egress_{Proxies{}};
  EgressAccount account_{EgressPolicy{.allow = EgressPolicy::Allow::all}};
};

TEST_F(EgressTest, BodyComesAndEveryByteIsCounted) {
  std::string const answer = TestServer::ok("hello");
  TestServer server([&](auto&) { return Reply{answer}; });
  auto response = get(server.url("/x?y"));
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "hello");
  ASSERT_EQ(server.requests().size(), 1u);
  EXPECT_TRUE(server.requests()[0].starts_with("GET /x?y HTTP/1.1\r\n"));
  Traffic const expected{.bytes_out = server.requests()[0].size(), .bytes_in = answer.size()};
  EXPECT_EQ(account_.report().total, expected);
  EXPECT_EQ(account_.report().by_destination.at(server.host()), expected);
  EXPECT_EQ(egress_.traffic().total, expected);
}

TEST_F(EgressTest, NothingAllowedMeansNoSocket) {
  TestServer server([&](auto&) { return Reply{TestServer::ok("")}; });
  EgressAccount none(EgressPolicy{});
  auto response = egress_.fetch(none, HttpRequest{.url = server.url("/")});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::refused);
  EXPECT_NE(response.error().message().find(server.host()), std::string::npos);
  EXPECT_TRUE(server.requests().empty());
  EXPECT_EQ(none.report().total, Traffic{});
  EXPECT_EQ(egress_.permit_client(none, "pip").error().code(), Code::refused);
}

TEST(EgressPolicy, ListsNameHostsPortsSubdomainsAndClients) {
  EgressPolicy policy{EgressPolicy::Allow::listed, {"a.org", "b.org:81", "*.c.org", "client:pip"}};
  for (char const* good : {"a.org:443", "b.org:81", "x.c.org:80", "client:pip"})
    EXPECT_TRUE(policy.permit(good)) << good;
  for (char const* bad :
       {"x.a.org:443", "b.org:80", "c.org:80", "xc.org:80", "client:npm", "a.org.evil:443"}) {
    EXPECT_FALSE(policy.permit(bad)) << bad;
  }
}

TEST_F(EgressTest, ARedirectIsAskedAgain) {
  TestServer last([&](auto&) { return Reply{TestServer::ok("there")}; });
  TestServer first(
      [&](auto&) { return Reply{TestServer::status(302, "Location: " + last.url("/b") + "\r\n")}; });
  auto response =
      egress_.fetch(account_, HttpRequest{.url = first.url("/a"), .headers = {{"Authorization", "secret"}}});
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->body, "there");
  EXPECT_EQ(response->url, last.url("/b"));
  EXPECT_NE(first.requests()[0].find("secret"), std::string::npos);
  EXPECT_EQ(last.requests()[0].find("secret"), std::string::npos);

  EgressAccount listed(EgressPolicy{EgressPolicy::Allow::listed, {first.host()}});
  auto refused = egress_.fetch(listed, HttpRequest{.url = first.url("/a")});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::refused);
  EXPECT_EQ(last.requests().size(), 1u);
}

TEST_F(EgressTest, RedirectsEnd) {
  TestServer server([&](auto&) { return Reply{TestServer::status(302, "Location: /again\r\n")}; });
  auto response = get(server.url("/"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::unavailable);
  EXPECT_EQ(server.requests().size(), 6u);
}

TEST_F(EgressTest, ARangeContinues) {
  TestServer server([&](auto& request) { return Reply{TestServer::ok_with_ranges(request, "0123456789")}; });
  auto response = egress_.fetch(account_, HttpRequest{.url = server.url("/"), .offset = 4});
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->offset, 4u);
  EXPECT_EQ(response->body, "456789");
}

TEST_F(EgressTest, AServerWithoutRangesStartsAtZero) {
  TestServer server([&](auto&) { return Reply{TestServer::ok("0123456789")}; });
  auto response = egress_.fetch(account_, HttpRequest{.url = server.url("/"), .offset = 4});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->offset, 0u);
}

TEST_F(EgressTest, AWrongRangeIsNotTaken) {
  TestServer server([&](auto&) {
    return Reply{"HTTP/1.1 206 P\r\nContent-Range: bytes 7-9/10\r\nContent-Length: 3\r\n\r\n789"};
  });
  EXPECT_FALSE(egress_.fetch(account_, HttpRequest{.url = server.url("/"), .offset = 4}));
}

TEST_F(EgressTest, ChunksAreJoinedAndStreamed) {
  TestServer server([&](auto&) {
    return Reply{
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"};
  });
  std::string seen;
  int heads = 0;
  HttpSink sink{
      .on_head = [&](HttpResponse const& head) -> Result<void> {
        return heads += head.status == 200, Result<void>();
      },
      .on_body = [&](std::string_view bytes) -> Result<void> { return seen += bytes, Result<void>(); }};
  auto response = egress_.fetch(account_, HttpRequest{.url = server.url("/")}, sink);
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(seen, "abcde");
  EXPECT_EQ(heads, 1);
  EXPECT_EQ(response->body, "");
}

TEST_F(EgressTest, ASinksErrorEndsTheRequest) {
  TestServer server([&](auto&) { return Reply{TestServer::ok("hello")}; });
  HttpSink sink{.on_body = [](std::string_view) -> Result<void> { return Error(Code::internal, "full"); }};
  auto response = egress_.fetch(account_, HttpRequest{.url = server.url("/")}, sink);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::internal);
}

TEST_F(EgressTest, ABodyIsPosted) {
  TestServer server([&](auto&) { return Reply{TestServer::ok("ok")}; });
  std::string const large(300'000, 'x');
  auto response = egress_.fetch(account_, HttpRequest{.url = server.url("/p"),
                                                      .method = HttpRequest::Method::post,
                                                      .headers = {{"Content-Type", "text/plain"}},
                                                      .body = large});
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_TRUE(server.requests()[0].starts_with("POST /p HTTP/1.1\r\n"));
  EXPECT_TRUE(server.requests()[0].ends_with("\r\n\r\n" + large));
  EXPECT_GT(account_.report().total.bytes_out, large.size());
}

TEST_F(EgressTest, AnAnswerThatIsCutShortIsAnError) {
  TestServer server([&](auto&) { return Reply{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"}; });
  auto response = get(server.url("/"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::unavailable);
  EXPECT_NE(response.error().message().find("3 B of 10 B"), std::string::npos) << response.error().message();
}

TEST_F(EgressTest, TooLargeIsRefusedBeforeAndWhileItComes) {
  TestServer declared([&](auto&) { return Reply{TestServer::ok("0123456789")}; });
  TestServer silent([&](auto&) { return Reply{"HTTP/1.1 200 OK\r\n\r\n0123456789"}; });
  for (auto* server : {&declared, &silent}) {
    auto response = egress_.fetch(account_, HttpRequest{.url = server->url("/"), .max_body_bytes = 9});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code(), Code::invalid_argument);
  }
}

TEST_F(EgressTest, ASilentServerRunsIntoTheTimeLimit) {
  TestServer silent([&](auto&) { return Reply{"", true}; });
  TestServer stuck([&](auto&) { return Reply{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", true}; });
  for (auto* server : {&silent, &stuck}) {
    auto response = egress_.fetch(account_, HttpRequest{.url = server->url("/"), .idle_timeout = 30ms});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code(), Code::deadline_exceeded) << response.error().message();
  }
}

TEST_F(EgressTest, AStopEndsAWaitingRequest) {
  std::stop_source stop;
  TestServer server([&](auto&) {
    stop.request_stop();
    return Reply{"", true};
  });
  auto response = egress_.fetch(account_, HttpRequest{.url = server.url("/"), .stop = stop.get_token()});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::cancelled);
}

TEST_F(EgressTest, NoServerAndNoNameAreUnavailable) {
  std::string gone;
  {
    TestServer server([&](auto&) { return Reply{}; });
    gone = server.url("/");
  }
  EXPECT_EQ(get(gone).error().code(), Code::unavailable);
  EXPECT_TRUE(account_.report().by_destination.empty());
  auto unknown = get("http://no-such-host.invalid/");
  EXPECT_EQ(unknown.error().code(), Code::unavailable);
  EXPECT_TRUE(unknown.error().message().starts_with("no-such-host.invalid:80: the name could not be"))
      << unknown.error().message();
}

TEST_F(EgressTest, GarbageIsAnError) {
  TestServer server([&](auto&) { return Reply{"\x16\x03\x01 this is not HTTP\r\n\r\n"}; });
  EXPECT_EQ(get(server.url("/")).error().code(), Code::unavailable);
  TestServer endless(
      [&](auto&) { return Reply{"HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n"}; });
  EXPECT_EQ(get(endless.url("/")).error().code(), Code::unavailable);
}

TEST_F(EgressTest, OtherStatusesAreAnswersWithErrors) {
  TestServer server([&](auto&) { return Reply{"HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\ngone"}; });
  auto response = get(server.url("/x"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "gone");
  EXPECT_EQ(require_success(*response).error().code(), Code::not_found);
  EXPECT_EQ(require_success(HttpResponse{.status = 503}).error().code(), Code::unavailable);
  EXPECT_TRUE(require_success(HttpResponse{.status = 206}));
}

TEST_F(EgressTest, APlainRequestGoesThroughTheProxyWhole) {
  TestServer proxy([&](auto&) { return Reply{TestServer::ok("by proxy")}; });
  Egress egress(Proxies{.for_http = "http://me:pw@" + proxy.host()});
  auto response = egress.fetch(account_, HttpRequest{.url = "http://far.invalid/a"});
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->body, "by proxy");
  EXPECT_TRUE(proxy.requests()[0].starts_with("GET http://far.invalid/a HTTP/1.1\r\n"));
  EXPECT_NE(proxy.requests()[0].find("Proxy-Authorization: Basic bWU6cHc="), std::string::npos);
  EXPECT_GT(account_.report().by_destination.at("far.invalid:80").bytes_out, 0u);
}

TEST_F(EgressTest, ASecureRequestAsksTheProxyForATunnel) {
  TestServer proxy([&](auto&) { return Reply{TestServer::status(403)}; });
  Egress egress(Proxies{.for_https = "http://" + proxy.host()});
  auto response = egress.fetch(account_, HttpRequest{.url = "https://far.invalid/a"});
  ASSERT_FALSE(response);
  EXPECT_NE(response.error().message().find("refused the connection with 403"), std::string::npos);
  EXPECT_TRUE(proxy.requests()[0].starts_with("CONNECT far.invalid:443 HTTP/1.1\r\n"));
}

TEST_F(EgressTest, ClientsAreCountedAsInbound) {
  EXPECT_TRUE(egress_.permit_client(account_, "pip"));
  egress_.count_client(account_, "pip", 1000);
  EXPECT_EQ(account_.report().by_destination.at("client:pip"), (Traffic{.bytes_in = 1000}));
}

}  // namespace
}  // namespace shoal::net
