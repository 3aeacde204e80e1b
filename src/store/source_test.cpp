#include "store/source.h"

#include <gtest/gtest.h>

#include "store/source_kind.h"

namespace shoal::store {
namespace {

TEST(Source, EveryKindIsRead) {
  auto hub = *parse_source("hf:Qwen/Some-GGUF/sub/a.gguf@v1.0");
  EXPECT_EQ(hub.kind, &hf_source());
  EXPECT_EQ(hub.address, "Qwen/Some-GGUF/resolve/v1.0/sub/a.gguf");
  EXPECT_EQ(parse_source("hf:a/b/c")->address, "a/b/resolve/main/c");

  auto pypi = *parse_source("pypi:some-model==1.0.post1/some_model/a.bin+some_model/b.bin");
  EXPECT_EQ(pypi.kind, &pypi_source());
  EXPECT_EQ(pypi.package, "some-model");
  EXPECT_EQ(pypi.version, "1.0.post1");
  EXPECT_EQ(pypi.paths, (std::vector<std::string>{"some_model/a.bin", "some_model/b.bin"}));

  auto npm = *parse_source("npm:@scope/name@1.2.3/data/a.bin");
  EXPECT_EQ(npm.kind, &npm_source());
  EXPECT_EQ(npm.package, "@scope/name");
  EXPECT_EQ(npm.version, "1.2.3");

  EXPECT_EQ(parse_source("file:~/a b.gguf")->address, "~/a b.gguf");
  EXPECT_FALSE(parse_source("file:/a")->leaves_machine());
  EXPECT_EQ(parse_source("https://h/x")->address, "https://h/x");
}

TEST(Source, WhatIsNoneIsRefused) {
  for (char const* text : {"",
                           "x",
                           "ftp://h/x",
                           "hf:a",
                           "hf:a/",
                           "hf:a/b:",
                           "hf:a/b:-x",
                           "hf:a/-b",
                           "hf:a//c",
                           "hf:a/b/../c",
                           "hf:a/b/c@",
                           "hf:a/b/c@-x",
                           "hf:a/b/c?x",
                           "file:x",
                           "file:",
                           "pypi:a",
                           "pypi:a==1",
                           "pypi:a==1/",
                           "pypi:-a==1/x",
                           "pypi:a b==1/x",
                           "pypi:a==-1/x",
                           "pypi:a==1 --y/x",
                           "pypi:a==1//x",
                           "pypi:a==1/../x",
                           "pypi:a==1/x+",
                           "pypi:==1/x",
                           "npm:",
                           "npm:@",
                           "npm:a/x",
                           "npm:a@1",
                           "npm:@s@1/x",
                           "npm:--a@1/x",
                           "npm:a@latest;x/y",
                           "https://h/\n"}) {
    auto source = parse_source(text);
    ASSERT_FALSE(source) << text;
    EXPECT_EQ(source.error().code(), Code::invalid_argument);
  }
}

TEST(Source, RangesCountTogether) {
  auto assembly = parse_assembly("pypi:m-part{9..11}==1.0/m_part{9..11}/{09..11}.bin");
  ASSERT_TRUE(assembly) << assembly.error().message();
  ASSERT_EQ(assembly->parts.size(), 3u);
  EXPECT_EQ(assembly->parts[0].text, "pypi:m-part9==1.0/m_part9/09.bin");
  EXPECT_EQ(assembly->parts[2].text, "pypi:m-part11==1.0/m_part11/11.bin");
}

TEST(Source, BrokenRangesAreRefused) {
  for (char const* text : {"file:/{", "file:/{1}", "file:/{1..}", "file:/{2..1}", "file:/{1..2}{1..3}",
                           "file:/{a..b}", "file:/{-1..1}", "file:/{1..1001}", "file:/{0..4294967295}"}) {
    EXPECT_FALSE(parse_assembly(text)) << text;
  }
}

TEST(Source, AListIsJoined) {
  auto assembly = parse_assembly(std::vector<std::string>{"file:/a", "file:/{1..2}"});
  ASSERT_TRUE(assembly);
  EXPECT_EQ(assembly->parts.size(), 3u);
  EXPECT_EQ(assembly->text, "file:/a + file:/{1..2}");
  EXPECT_FALSE(parse_assembly(std::vector<std::string>{}));
}

}  // namespace
}  // namespace shoal::store
