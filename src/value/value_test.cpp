#include "value/value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "value/json.h"

namespace shoal::value {
namespace {

BlobPtr blob(std::string bytes) { return Blob::own(std::move(bytes), {}); }

TEST(Value, ReadersFallBackWhereTheKindIsAnother) {
  Value text("hello");
  EXPECT_EQ(text.as_text(), "hello");
  EXPECT_EQ(text.as_integer(7), 7);
  EXPECT_EQ(text.as_number(1.5), 1.5);
  EXPECT_TRUE(text.as_boolean(true));
  EXPECT_TRUE(text.as_list().empty());
  EXPECT_TRUE(text["field"].is_null());
  EXPECT_EQ(text.as_blob(), nullptr);
  EXPECT_EQ(Value(3).as_number(), 3.0);
  EXPECT_EQ(Value(3.0).as_integer(-1), -1);
  EXPECT_EQ(Value("a").as_text(), "a");
  EXPECT_TRUE(Value().is_null());
}

TEST(Value, WithReplacesOrAddsAField) {
  auto record = Value::record({{"a", 1}, {"b", 2}});
  EXPECT_EQ(record.with("a", 5), Value::record({{"a", 5}, {"b", 2}}));
  EXPECT_EQ(record.with("c", 3)["c"].as_integer(), 3);
  EXPECT_EQ(record["a"].as_integer(), 1);
  EXPECT_EQ(Value().with("a", 1), Value::record({{"a", 1}}));
}

TEST(Value, EqualityGoesByContent) {
  EXPECT_EQ(Value::record({{"a", 1}, {"b", "x"}}), Value::record({{"b", "x"}, {"a", 1}}));
  EXPECT_FALSE(Value(1) == Value(1.0));
  EXPECT_FALSE(Value(1) == Value(true));
  EXPECT_FALSE(Value("1") == Value(1));
  EXPECT_FALSE(Value() == Value(false));
  EXPECT_FALSE(Value::list({1, 2}) == Value::list({2, 1}));
  EXPECT_FALSE(Value::record({{"a", 1}}) == Value::record({{"b", 1}}));
  EXPECT_EQ(Value(blob("xyz")), Value(blob("xyz")));
  EXPECT_FALSE(Value(blob("xyz")) == Value(blob("xyy")));
}

TEST(Value, HashIsTypeTaggedAndIgnoresFieldOrder) {
  std::vector<Value> different = {Value(),
                                  Value(true),
                                  Value(false),
                                  Value(0),
                                  Value(1),
                                  Value(1.0),
                                  Value("1"),
                                  Value(""),
                                  Value("true"),
                                  Value(blob("1")),
                                  Value(blob("")),
                                  Value::list(),
                                  Value::list({1}),
                                  Value::list({Value::list({1})}),
                                  Value::list({"ab", "c"}),
                                  Value::list({"a", "bc"}),
                                  Value::list({Value::list(), 1}),
                                  Value::list({Value::list({1})}).with("x", 1),
                                  Value::record({}),
                                  Value::record({{"a", 1}}),
                                  Value::record({{"a", "1"}}),
                                  Value::record({{"a", 1}, {"b", 2}}),
                                  Value::record({{"a", 2}, {"b", 1}}),
                                  Value::record({{"a", Value::record({{"b", 2}})}})};
  for (std::size_t i = 0; i < different.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_EQ(hash_of(different[i]) == hash_of(different[j]), different[i] == different[j])
          << i << " and " << j;
    }
  }
  EXPECT_EQ(hash_of(Value::record({{"a", 1}, {"b", 2}})), hash_of(Value::record({{"b", 2}, {"a", 1}})));
  EXPECT_EQ(hash_of(Value(blob("xyz"))), hash_of(Value(blob("xyz"))));
}

TEST(Value, NumbersHashByWhatTheyMean) {
  EXPECT_EQ(Value(0.0), Value(-0.0));
  EXPECT_EQ(hash_of(Value(0.0)), hash_of(Value(-0.0)));
  auto nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(Value(nan), Value(-nan));
  EXPECT_EQ(hash_of(Value(nan)), hash_of(Value(-nan)));
}

// Keys of caches on disk depend on it: a change here needs a new cache version.
TEST(Value, HashStaysTheSameFromReleaseToRelease) {
  EXPECT_EQ(hash_of(Value(1)).hex(), sha256(std::string("i\x01\0\0\0\0\0\0\0", 9)).hex());
  EXPECT_EQ(hash_of(Value::record({{"a", "b"}})).hex(),
            sha256(std::string("r\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0as\x01\0\0\0\0\0\0\0b", 28)).hex());
}

TEST(Value, HashOfLongTextsIsOfAllTheirBytes) {
  std::string text(100'000, 'x');
  auto before = hash_of(Value::list({text, "tail"}));
  text.back() = 'y';
  EXPECT_NE(hash_of(Value::list({text, "tail"})), before);
}

TEST(Value, WalksOfDeepValuesDoNotOverflowTheStack) {
  // Unwound by hand: what takes a value apart is the owner, one level at a time.
  std::vector<Value> levels{Value(1)};
  for (int i = 0; i < 200'000; ++i) levels.push_back(Value::list({levels.back()}));
  std::vector<Value> others{Value(1)};
  for (int i = 0; i < 200'000; ++i) others.push_back(Value::list({others.back()}));
  EXPECT_EQ(levels.back(), others.back());
  EXPECT_EQ(hash_of(levels.back()), hash_of(others.back()));
  EXPECT_GT(size_of(levels.back()), 200'000u);
  while (!levels.empty()) levels.pop_back(), others.pop_back();
}

TEST(Value, SizeCountsTextsAndBlobs) {
  EXPECT_GE(size_of(Value(std::string(1000, 'x'))), 1000u);
  EXPECT_GE(size_of(Value::list({blob(std::string(5000, 'x')), 1})), 5000u);
  EXPECT_LT(size_of(Value(1)), 100u);
}

TEST(ValueJson, WritesAndReadsPlainData) {
  auto value = Value::record({{"z", 1}, {"a", 1.0}, {"list", Value::list({true, Value(), "text"})}});
  auto json = to_json(value);
  EXPECT_EQ(json.dump(), R"({"z":1,"a":1.0,"list":[true,null,"text"]})");
  EXPECT_EQ(*from_json(*Json::parse(json.dump())), value);
}

TEST(ValueJson, BlobsGoThroughTheWriterAndReader) {
  auto given = blob("bytes");
  auto json = to_json(Value::record({{"file", given}}), [](BlobPtr const& blob) {
    return Json::object({{"$buffer", static_cast<int>(blob->size())}});
  });
  EXPECT_EQ(json.dump(), R"({"file":{"$buffer":5}})");
  auto value = from_json(json, [&](std::string_view kind, Json const& object) -> Result<BlobPtr> {
    EXPECT_EQ(kind, "$buffer");
    EXPECT_EQ(object["$buffer"].as_integer(), 5);
    return given;
  });
  EXPECT_EQ((*value)["file"].as_blob(), given);
}

TEST(ValueJson, PlainReaderRefusesBlobsButTakesSchemas) {
  auto refused = from_json(*Json::parse(R"({"x": [{"$file": "/etc/passwd"}]})"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::invalid_argument);
  EXPECT_NE(refused.error().message().find("$file"), std::string::npos);
  EXPECT_TRUE(from_json(*Json::parse(R"({"$schema": "x", "$ref": "#/a"})")));
}

TEST(ValueJson, DescribesBlobsWithoutTheirBytes) {
  auto file = Blob::own("hello", {"text/plain", "a.txt", -1, {}});
  auto json = to_json(Value(file));
  EXPECT_EQ(json["$artifact"].as_string(), sha256("hello").hex());
  EXPECT_EQ(json["size"].as_integer(), 5);
  EXPECT_EQ(json["name"].as_string(), "a.txt");
}

TEST(ValueJson, RefusesJsonThatIsTooDeep) {
  Json json = 1;
  for (int i = 0; i < 200; ++i) json = Json::array({json});
  auto value = from_json(json);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code(), Code::invalid_argument);
}

TEST(Blob, KeepsItsBytesAndHashesThem) {
  auto owner = std::make_shared<std::string const>("content");
  auto view = Blob::view(*owner, owner, {"text/plain", "name", 7, {}});
  owner.reset();
  EXPECT_EQ(view->bytes(), "content");
  EXPECT_EQ(view->descriptor(), 7);
  EXPECT_EQ(view->hash(), sha256("content"));
  EXPECT_EQ(blob("content")->hash(), view->hash());
}

TEST(Blob, AKnownHashIsNotComputedAgain) {
  Blob::Facts facts;
  facts.hash = sha256("what a store has checked");
  EXPECT_EQ(Blob::own("bytes", facts)->hash(), sha256("what a store has checked"));
}

TEST(Blob, MediaTypeComesFromTheBytesBeforeTheName) {
  EXPECT_EQ(guess_media_type("%PDF-1.7\n", "x.txt"), "application/pdf");
  EXPECT_EQ(guess_media_type("junk before\n%PDF-1.4", "x"), "application/pdf");
  EXPECT_EQ(guess_media_type("\x89PNG\r\n\x1a\nrest", "x.pdf"), "image/png");
  EXPECT_EQ(guess_media_type("\xff\xd8\xff\xe0", ""), "image/jpeg");
  EXPECT_EQ(guess_media_type(std::string_view("II*\0abcd", 8), ""), "image/tiff");
  EXPECT_EQ(guess_media_type(std::string_view("MM\0*abcd", 8), ""), "image/tiff");
  EXPECT_EQ(guess_media_type("RIFF1234WAVEfmt ", ""), "audio/wav");
  EXPECT_EQ(guess_media_type("RIFF1234WEBPVP8 ", ""), "image/webp");
  EXPECT_EQ(guess_media_type(std::string_view("\0\0\0\x18"
                                              "ftypisom",
                                              12),
                             ""),
            "video/mp4");
  EXPECT_EQ(guess_media_type("# Title", "notes.MD"), "text/markdown");
  EXPECT_EQ(guess_media_type("grüße", ""), "text/plain");
  EXPECT_EQ(guess_media_type(std::string_view("a\0b", 3), ""), "application/octet-stream");
  EXPECT_EQ(guess_media_type("\xff\xfe\xfd", ""), "application/octet-stream");
  EXPECT_EQ(guess_media_type("PK\x03\x04", "a.docx").substr(0, 20), "application/vnd.open");
  EXPECT_EQ(guess_media_type("", ""), "application/octet-stream");
}

}  // namespace
}  // namespace shoal::value
