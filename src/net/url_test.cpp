#include "net/url.h"

#include <gtest/gtest.h>

namespace shoal::net {
namespace {

TEST(Url, PartsAreRead) {
  auto url = parse_url("HTTPS://Example.ORG:8443/a/b?c=d#e");
  ASSERT_TRUE(url) << url.error().message();
  EXPECT_TRUE(url->secure);
  EXPECT_EQ(url->host, "example.org");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/a/b?c=d");
  EXPECT_EQ(url->destination(), "example.org:8443");
  EXPECT_EQ(url->to_string(), "https://example.org:8443/a/b?c=d");
}

TEST(Url, DefaultsAreFilledIn) {
  EXPECT_EQ(parse_url("http://h")->to_string(), "http://h/");
  EXPECT_EQ(parse_url("http://h?q")->target, "/?q");
  EXPECT_EQ(parse_url("https://h")->destination(), "h:443");
  EXPECT_EQ(parse_url("http://[::1]:81/x")->destination(), "[::1]:81");
  EXPECT_EQ(parse_url("http://[::1]:81/x")->host, "::1");
}

TEST(Url, WhatIsNoneIsRefused) {
  for (char const* text :
       {"", "h", "ftp://h/", "http://", "http:///x", "http://h:0/", "http://h:99999/", "http://h:1x/",
        "http://a b/", "http://h/a b", "http://h/\r\nX: y", "http://[::1/", "http://h$/", "http://u:p@h/"}) {
    auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code(), Code::invalid_argument);
  }
}

TEST(Url, APasswordIsNotRepeated) {
  EXPECT_EQ(parse_url("http://u:secret@h/").error().message().find("secret"), std::string::npos);
}

TEST(Url, RedirectsAreResolved) {
  auto base = *parse_url("https://h:8/a/b/c?d");
  EXPECT_EQ(resolve_url(base, "http://x/y")->to_string(), "http://x/y");
  EXPECT_EQ(resolve_url(base, "//x/y")->to_string(), "https://x/y");
  EXPECT_EQ(resolve_url(base, "/y")->to_string(), "https://h:8/y");
  EXPECT_EQ(resolve_url(base, "y?u=http://z/")->to_string(), "https://h:8/a/b/y?u=http://z/");
  EXPECT_EQ(resolve_url(base, "../../../y")->to_string(), "https://h:8/y");
  EXPECT_EQ(resolve_url(base, "?e")->to_string(), "https://h:8/a/b/c?e");
}

TEST(Url, PercentSignsGoBothWays) {
  std::string const text = "qwen2.5:0.5b/ä 100%";
  EXPECT_EQ(percent_encoded(text), "qwen2.5%3A0.5b%2F%C3%A4%20100%25");
  EXPECT_EQ(percent_decoded(percent_encoded(text)), text);
  EXPECT_EQ(percent_decoded("%4"), "%4");
  EXPECT_EQ(percent_decoded("%zz%2f%"), "%zz/%");
}

}  // namespace
}  // namespace shoal::net
