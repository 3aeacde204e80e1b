#include "base/text.h"

#include <gtest/gtest.h>

#include "base/time.h"

namespace shoal {
namespace {

TEST(Utf8Test, FindsTheFirstInvalidByte) {
  EXPECT_EQ(find_invalid_utf8("plain ascii, longer than eight bytes"), std::nullopt);
  EXPECT_EQ(find_invalid_utf8("ü漢😀"), std::nullopt);
  EXPECT_EQ(find_invalid_utf8("abc\xFF"), 3u);
  EXPECT_EQ(find_invalid_utf8("12345678\x80"), 8u);
  EXPECT_EQ(find_invalid_utf8("\xC0\xAF"), 0u);          // overlong
  EXPECT_EQ(find_invalid_utf8("\xE0\x80\xAF"), 0u);      // overlong
  EXPECT_EQ(find_invalid_utf8("\xED\xA0\x80"), 0u);      // surrogate
  EXPECT_EQ(find_invalid_utf8("\xF4\x90\x80\x80"), 0u);  // over U+10FFFF
  EXPECT_EQ(find_invalid_utf8("a\xE6\xBC"), 1u);         // cut off
}

TEST(Utf8Test, MendsWhatIsInvalid) {
  EXPECT_EQ(make_valid_utf8("ok ü"), "ok ü");
  EXPECT_EQ(make_valid_utf8("a\xFF\xFE"
                            "b"),
            "a\uFFFD\uFFFDb");
  EXPECT_EQ(make_valid_utf8("\xE6\xBC"), "\uFFFD\uFFFD");
}

TEST(Utf8Test, CodePointsReadBack) {
  for (char32_t code_point :
       {U'a', U'\x7F', U'\x80', U'\x7FF', U'\x800', U'\xFFFD', U'\x10000', U'\x10FFFF'}) {
    std::string text;
    append_utf8(text, code_point);
    std::size_t offset = 0;
    EXPECT_EQ(next_code_point(text, offset), code_point);
    EXPECT_EQ(offset, text.size());
  }
  std::string text;
  append_utf8(text, 0xD800);
  EXPECT_EQ(text, "\uFFFD");
}

TEST(TextTest, PrintableKeepsLinesAndDropsControls) {
  EXPECT_EQ(printable("a\n\tü\x1b[2J\xFF"), "a\n\tü\uFFFD[2J\uFFFD");
  EXPECT_EQ(printable("\xC2\x9B"), "\uFFFD");  // the one-character escape sequence introducer
}

TEST(TextTest, SplitsAndJoins) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
  EXPECT_EQ(join({"a", "", "b"}, ", "), "a, , b");
  EXPECT_EQ(trim(" \t\n a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(to_lower_ascii("ÄBc"), "Äbc");
  EXPECT_EQ(replace_all("aaa", "a", "aa"), "aaaaaa");
  EXPECT_EQ(replace_all("abc", "", "x"), "abc");
}

TEST(TextTest, EditDistance) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("same", "same"), 0u);
}

TEST(TextTest, ProposesOnlyWhatIsNear) {
  std::vector<std::string> names = {"ocr.pages", "ocr.recognize", "llama.generate"};
  EXPECT_EQ(did_you_mean("ocr.page", names), "did you mean `ocr.pages`?");
  EXPECT_EQ(nearest_name("OCR.recognise", names), "ocr.recognize");
  EXPECT_EQ(did_you_mean("transcribe", names), "");
  EXPECT_EQ(nearest_name("rnu", {"rm", "runs", "run"}), "run");
  EXPECT_EQ(nearest_name("", names), std::nullopt);
  EXPECT_EQ(nearest_name("a", {"b"}), std::nullopt);
  EXPECT_EQ(nearest_name(std::string(100'000, 'a'), {std::string(100'000, 'a') + "b"}), std::nullopt);
}

TEST(TextTest, BytesForPeople) {
  EXPECT_EQ(human_bytes(950), "950 B");
  EXPECT_EQ(human_bytes(491400064), "491.4 MB");
  EXPECT_EQ(human_bytes(999'999), "1.0 MB");
  EXPECT_EQ(human_bytes(UINT64_MAX), "18.4 EB");
}

TEST(TextTest, SecondsForPeople) {
  EXPECT_EQ(human_seconds(0), "0 s");
  EXPECT_EQ(human_seconds(0.0042), "4.2 ms");
  EXPECT_EQ(human_seconds(0.000123), "123.0 µs");
  EXPECT_EQ(human_seconds(12.34), "12.3 s");
  EXPECT_EQ(human_seconds(59.99), "1 min 0 s");
  EXPECT_EQ(human_seconds(83), "1 min 23 s");
  EXPECT_EQ(human_seconds(7380), "2 h 3 min");
}

TEST(TextTest, ReadsBytes) {
  EXPECT_EQ(parse_bytes("2GiB"), std::uint64_t{2} << 30);
  EXPECT_EQ(parse_bytes("2g"), std::uint64_t{2} << 30);
  EXPECT_EQ(parse_bytes("500MB"), 500'000'000u);
  EXPECT_EQ(parse_bytes("64 KiB"), 65536u);
  EXPECT_EQ(parse_bytes("1024"), 1024u);
  EXPECT_EQ(parse_bytes("1.5kB"), 1500u);
  for (auto text : {"", "GB", "-1", "1 XB", "1.2.3MB", "1e3", "99999999TB", "inf"}) {
    EXPECT_EQ(parse_bytes(text), std::nullopt) << text;
  }
}

TEST(TextTest, ReadsSeconds) {
  EXPECT_EQ(parse_seconds("30s"), 30.0);
  EXPECT_EQ(parse_seconds("150ms"), 0.15);
  EXPECT_EQ(parse_seconds("5m"), 300.0);
  EXPECT_EQ(parse_seconds("2h"), 7200.0);
  EXPECT_EQ(parse_seconds("1.5 d"), 129600.0);
  for (auto text : {"", "30", "s", "-1s", "5 min", "1h30m"})
    EXPECT_EQ(parse_seconds(text), std::nullopt) << text;
}

TEST(TimeTest, WritesRfc3339) {
  EXPECT_EQ(to_rfc3339(WallTime{}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(WallTime{std::chrono::seconds{1795498134}}), "2026-11-24T05:28:54Z");
  EXPECT_EQ(to_rfc3339(WallTime{std::chrono::microseconds{-1}}), "1969-12-31T23:59:59Z");
}

TEST(TimeTest, ClocksMoveForward) {
  SystemClock clock;
  auto before = clock.now();
  EXPECT_LE(before, clock.now());
  EXPECT_GT(clock.wall(), WallTime{std::chrono::seconds{1'700'000'000}});
  EXPECT_EQ(seconds(from_seconds(1.5)), 1.5);
}

}  // namespace
}  // namespace shoal
