// Documents that were made to hurt, to every reader of documents: pipelines, tasks, engine manifests,
// catalogue entries and mirrors. Each is refused with a place and few words, or read; quickly, and in bounded
// memory.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "base/text.h"
#include "graph/graph.h"
#include "graph/test_catalog.h"
#include "host/manifest.h"
#include "os/file.h"
#include "store/catalog.h"
#include "task/task.h"

namespace shoal::hostile {
namespace {

std::string repeated(std::string_view part, std::size_t times) {
  std::string text;
  text.reserve(part.size() * times);
  for (std::size_t i = 0; i < times; ++i) text += part;
  return text;
}

template <typename T> std::string error_of(Result<T> const& result) {
  return result ? std::string() : result.error().message();
}

// What each reader says of a text; "" where it takes it.
std::vector<std::string> errors_of(std::string const& text) {
  static auto const catalog = graph::test_catalog();
  auto const pipeline = [&]() -> Result<void> {
    TRY(graph::check(TRY(graph::parse(text, "hostile.yaml")), catalog));
    return {};
  };
  auto const task = [&]() -> Result<void> {
    TRY(task::check(TRY(task::parse(text, "hostile.yaml")), catalog));
    return {};
  };
  return {error_of(pipeline()), error_of(task()), error_of(host::parse_manifest(text, "hostile.yaml")),
          error_of(store::parse_catalog_entry(text, "hostile.yaml")),
          error_of(store::parse_mirrors(text, "hostile.yaml"))};
}

// That all readers refuse it, with `words`.
void expect_refused(std::string const& text, std::string_view words) {
  for (auto const& error : errors_of(text)) {
    ASSERT_TRUE(error.starts_with("hostile.yaml")) << error.substr(0, 300);
    EXPECT_NE(error.find(words), std::string::npos) << error.substr(0, 300);
    EXPECT_LT(error.size(), 200'000u);
    EXPECT_FALSE(find_invalid_utf8(error)) << error.substr(0, 300);
  }
}

std::string pipeline_of(std::string const& steps) {
  return "shoal: 1\npipeline: p\nsteps:\n" + steps + "outputs: {x: $a}\n";
}

TEST(HostileYaml, DepthIsBounded) {
  expect_refused(repeated("[", 500'000), "");
  expect_refused(repeated("{a: ", 100'000), "");
  std::string blocks;
  for (std::size_t i = 0; i < 2000; ++i) blocks += std::string(i, ' ') + "a:\n";
  expect_refused(blocks, "nested deeper");
  expect_refused(repeated("- ", 100'000), "nested deeper");
}

TEST(HostileYaml, AnchorsAliasesAndTagsAreRefused) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    auto const before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeated(before + ", ", 9) +
            before + "]\n";
  }
  expect_refused(bomb, "anchors are not accepted");
  expect_refused("a: *a\n", "aliases are not accepted");
  expect_refused("a: !!binary aGFsbG8=\n", "tags are not accepted");
  expect_refused("a: !<tag:yaml.org,2002:python/object/apply:os.system> [ls]\n", "tags are not accepted");
  expect_refused("%TAG ! tag:x,2000:\n---\na: !b c\n", "");
}

TEST(HostileYaml, WhatIsNoTextIsRefused) {
  expect_refused("a: \xff\xfe\n", "not valid UTF-8");
  expect_refused(std::string("a: b\0c\n", 7), "control character 0");
  expect_refused(std::string("\xff\xfe"
                             "a\0:\0 \0b\0",
                             10),
                 "not valid UTF-8");  // UTF-16
  expect_refused("a: \x04 b\n", "control character 4");
  expect_refused(std::string(1'000'000, '\0'), "control character 0");
  expect_refused(repeated("\xED\xA0\x80", 1000), "not valid UTF-8");  // half a surrogate pair
}

TEST(HostileYaml, AByteOrderMarkAndOtherLineEndsAreText) {
  constexpr std::string_view kLines =
      "shoal: 1\r\npipeline: p\r\nsteps:\r\n  a: {use: nothing.there}\r\noutputs: {x: $a}\r\n";
  for (auto const& text : {"\xEF\xBB\xBF" + std::string(kLines), std::string(kLines)}) {
    auto const parsed = graph::parse(text, "crlf.yaml");
    EXPECT_TRUE(parsed) << parsed.error().message();
  }
}

TEST(HostileYaml, DuplicatesAreRefused) {
  expect_refused("a: 1\nb: 2\na: 3\n", "given before");
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "k" + std::to_string(i) + ": 1\n";
  expect_refused(many + "k77: 2\n", "given before");
}

TEST(HostileYaml, AReportIsBounded) {
  std::string many = "shoal: 1\n";
  for (int i = 0; i < 10'000; ++i) many += "wrong" + std::to_string(i) + ": 1\n";
  expect_refused(many, "more problems");
  expect_refused("shoal: 1\n" + std::string(1'000'000, 'k') + ": 1\n", "");
  expect_refused("shoal: 1\n\"" + repeated("\xC3\xA9", 400'000) + "\": 1\n", "");
}

TEST(HostileYaml, ManyStepsWithWrongNamesAreReportedInTime) {
  std::string steps;
  for (int i = 0; i < 10'000; ++i)
    steps += "  s" + std::to_string(i) + ": {use: no.such" + std::to_string(i) + ", with: {a: $s" +
             std::to_string(i) + "x.y}}\n";
  auto const error = errors_of(pipeline_of(steps)).front();
  EXPECT_NE(error.find("more problems"), std::string::npos) << error.substr(0, 500);
  EXPECT_LT(error.size(), 200'000u);
}

TEST(HostileYaml, NumbersThatOverflowAreNoNumbers) {
  for (auto const* number : {"99999999999999999999", "-9223372036854775809", "1e999", "0x1ffffffffffffffffff",
                             ".inf", "-.inf", ".nan", "1e-999", "18446744073709551616"}) {
    for (auto const* key : {"calls: ", "shoal: ", "size: "}) {
      for (auto const& error :
           errors_of(std::string("shoal: 1\nengine: e\nmodel: m\n") + key + number + "\n"))
        EXPECT_TRUE(error.starts_with("hostile.yaml")) << error;
    }
    auto const retry =
        errors_of(pipeline_of(std::string("  a: {use: x, retry: ") + number + ", timeout: " + number + "}\n"))
            .front();
    EXPECT_NE(retry.find("retry"), std::string::npos) << number << ": " << retry;
  }
}

TEST(HostileYaml, LongListsAndLongTextsAreReadOrRefused) {
  expect_refused("shoal: 1\na: [" + repeated("x,", 300'000) + "x]\n", "");
  expect_refused("shoal: 1\na:\n" + repeated("- x\n", 1'000'000), "");
  expect_refused("shoal: 1\na: \"" + std::string(15 << 20, 'x') + "\"\n", "");
  expect_refused("a: |\n" + repeated("  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", 300'000), "");
  expect_refused(repeated("#\n", 8'000'000), "");
  expect_refused(repeated("\n", 16'000'000), "");
  expect_refused(repeated("? ", 1'000'000), "");
  expect_refused(repeated("{}", 1'000'000), "");
  expect_refused(repeated("--- a\n", 1'000'000), "");
  expect_refused(repeated("- - ", 10) + repeated("'", 1'000'001), "");
}

TEST(HostileYaml, AFileThatIsTooLargeIsNotRead) {
  auto const folder = os::TemporaryFolder::create("shoal-yaml").value();
  auto const file = folder.path() + "/engine.yaml";
  std::ofstream(file) << "shoal: 1\n";
  std::filesystem::resize_file(file, 100'000'000);
  rusage before = {}, after = {};
  getrusage(RUSAGE_SELF, &before);
  for (std::uint64_t const limit : {1u << 20, 16u << 20}) {
    auto const read = os::read_file(file, limit);
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().message().find(std::to_string(limit)), std::string::npos)
        << read.error().message();
  }
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 10'000);
  expect_refused(std::string(17 << 20, ' '), "are accepted");
}

}  // namespace
}  // namespace shoal::hostile
