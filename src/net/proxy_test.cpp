#include "net/proxy.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace shoal::net {
namespace {

TEST(Proxies, TheSchemeChooses) {
  Proxies proxies{.for_http = "http://plain:1", .for_https = "me:pw@tls:2"};
  auto plain = *proxies.find(*parse_url("http://h/"));
  auto secure = *proxies.find(*parse_url("https://h/"));
  ASSERT_TRUE(plain && secure);
  EXPECT_EQ(plain->host, "plain");
  EXPECT_EQ(plain->port, 1);
  EXPECT_EQ(secure->host, "tls");
  EXPECT_EQ(secure->credentials, "me:pw");
}

TEST(Proxies, ExceptionsGoDirectly) {
  Proxies proxies{.for_http = "http://p:1", .exceptions = {".inside.org", "127.0.0.1", "other"}};
  EXPECT_FALSE(*proxies.find(*parse_url("http://a.inside.org/")));
  EXPECT_FALSE(*proxies.find(*parse_url("http://inside.org/")));
  EXPECT_FALSE(*proxies.find(*parse_url("http://127.0.0.1:8000/")));
  EXPECT_TRUE(*proxies.find(*parse_url("http://notinside.org/")));
  EXPECT_TRUE(*proxies.find(*parse_url("http://another/")));
}

TEST(Proxies, OneThatIsNotSpokenIsAnErrorWithoutItsPassword) {
  Proxies proxies{.for_http = "socks5://me:secret@p:1"};
  auto found = proxies.find(*parse_url("http://h/"));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), Code::unsupported);
  EXPECT_EQ(found.error().message().find("secret"), std::string::npos);
}

TEST(Proxies, TheEnvironmentIsRead) {
  setenv("https_proxy", "http://a:1", 1);
  setenv("HTTPS_PROXY", "http://b:1", 1);
  setenv("no_proxy", "x, .Y", 1);
  auto proxies = proxies_from_environment();
  unsetenv("https_proxy");
  unsetenv("HTTPS_PROXY");
  unsetenv("no_proxy");
  EXPECT_EQ(proxies.for_https, "http://a:1");
  EXPECT_EQ(proxies.exceptions, (std::vector<std::string>{"x", ".y"}));
}

}  // namespace
}  // namespace shoal::net
