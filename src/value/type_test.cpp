#include "value/type.h"

#include <gtest/gtest.h>

#include "value/records.h"

namespace shoal::value {
namespace {

Type parsed(std::string_view text) {
  auto type = Type::parse(text);
  EXPECT_TRUE(type) << text << ": " << (type ? "" : type.error().message());
  return type ? *type : Type();
}

std::string problem(std::string_view text) {
  auto type = Type::parse(text);
  return type ? "" : type.error().message();
}

std::string why_not(Value const& value, std::string_view type, std::string_view name = {}) {
  auto result = conforms(value, parsed(type), name);
  return result ? "" : result.error().message();
}

bool fits(std::string_view from, std::string_view to) { return assignable(parsed(from), parsed(to)); }

TEST(Type, ReadsWhatItWrites) {
  for (auto text : {"any",
                    "text",
                    "integer",
                    "number",
                    "boolean",
                    "json",
                    "file",
                    "image",
                    "audio",
                    "video",
                    "list<text>",
                    "stream<list<number>>",
                    "{text: text, confidence: number}",
                    "{}",
                    "list<{a: list<json>, b-c: file}>",
                    "tensor<f32,[n,384]>",
                    "tensor<u8,[]>",
                    "page",
                    "list<sheet>",
                    "transcript"}) {
    EXPECT_EQ(parsed(text).to_string(), text);
  }
  EXPECT_EQ(parsed(" list < { a : text , } > ").to_string(), "list<{a: text}>");
  EXPECT_EQ(parsed("passages"), Type::list(passage_type()));
}

TEST(Type, SaysWhatIsWrongAndWhatWouldFixIt) {
  EXPECT_NE(problem("lst<text>").find("did you mean `list`"), std::string::npos) << problem("lst<text>");
  EXPECT_NE(problem("pagee").find("did you mean `page`"), std::string::npos) << problem("pagee");
  EXPECT_NE(problem("string").find("`text`"), std::string::npos) << problem("string");
  EXPECT_NE(problem("list").find("list<text>"), std::string::npos);
  EXPECT_NE(problem("tensor<f33,[1]>").find("f33"), std::string::npos);
  EXPECT_NE(problem("{a: text, a: text}").find("two fields"), std::string::npos);
  for (auto text :
       {"", " ", "list<", "list<text", "list<text>>", "{", "{a}", "{a:}", "{a: text b: text}", "{:text}",
        "tensor<f32>", "tensor<f32,[1,]", "text text", "<", "list<>", "\xff", "{1: text}"}) {
    EXPECT_NE(problem(text), "") << text;
  }
}

TEST(Type, HostileTextsAreRefused) {
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "{a:";
  EXPECT_NE(problem(deep), "");
  deep.clear();
  for (int i = 0; i < 3000; ++i) deep += "list<";
  EXPECT_NE(problem(deep).find("deep"), std::string::npos);
  EXPECT_NE(problem(std::string(1 << 20, 'x')), "");
}

TEST(Type, EqualityIsStructural) {
  EXPECT_EQ(parsed("{a: text, b: number}"), parsed("{b: number, a: text}"));
  EXPECT_EQ(parsed("label"), parsed("{label: text, score: number}"));
  EXPECT_FALSE(parsed("list<text>") == parsed("stream<text>"));
  EXPECT_FALSE(parsed("{a: text}") == parsed("{a: text, b: text}"));
  EXPECT_FALSE(parsed("tensor<f32,[n]>") == parsed("tensor<f32,[4]>"));
}

TEST(Type, AssignabilityFollowsTheValuesItTakes) {
  EXPECT_TRUE(fits("integer", "number"));
  EXPECT_FALSE(fits("number", "integer"));
  EXPECT_TRUE(fits("list<integer>", "list<number>"));
  EXPECT_TRUE(fits("{a: text, b: text}", "{a: text}"));
  EXPECT_FALSE(fits("{a: text}", "{a: text, b: text}"));
  EXPECT_TRUE(fits("page", "{text: text}"));
  EXPECT_TRUE(fits("list<page>", "list<any>"));
  EXPECT_TRUE(fits("page", "json"));
  EXPECT_FALSE(fits("sheet", "json"));
  EXPECT_FALSE(fits("list<file>", "json"));
  EXPECT_FALSE(fits("json", "text"));
  EXPECT_TRUE(fits("any", "text"));
  EXPECT_TRUE(fits("stream<text>", "list<text>"));
  EXPECT_FALSE(fits("list<text>", "text"));
  EXPECT_FALSE(fits("text", "list<text>"));
  EXPECT_TRUE(fits("tensor<f32,[3,384]>", "tensor<f32,[n,384]>"));
  EXPECT_FALSE(fits("tensor<f32,[3,384]>", "tensor<f32,[n,768]>"));
  EXPECT_FALSE(fits("image", "file"));
}

TEST(Type, MismatchNamesBothTypesAndTheWayOut) {
  auto explain = [](auto from, auto to) { return explain_mismatch(parsed(from), parsed(to)); };
  EXPECT_EQ(explain("list<page>", "page"),
            "a value of `list<page>` cannot be used as `page`; map over it with `each:`");
  EXPECT_NE(explain("list<page>", "text").find("page-text"), std::string::npos);
  EXPECT_NE(explain("list<text>", "text").find("each"), std::string::npos);
  EXPECT_NE(explain("page", "text").find("`.text`"), std::string::npos);
  EXPECT_NE(explain("{a: text}", "{a: text, b: text}").find("no field `b`"), std::string::npos);
  EXPECT_NE(explain("text", "list<text>").find("[ … ]"), std::string::npos);
  EXPECT_NE(explain("text", "json").size(), 0u);
}

TEST(Conforms, ScalarsAndNull) {
  EXPECT_EQ(why_not("x", "text"), "");
  EXPECT_EQ(why_not(1, "number"), "");
  EXPECT_EQ(why_not(1.0, "integer"), "expected integer, got number");
  EXPECT_EQ(why_not(Value(), "text"), "expected text, got null");
  EXPECT_EQ(why_not(Value(), "json"), "");
  EXPECT_EQ(why_not(Value(), "any"), "");
  EXPECT_EQ(why_not(Value::list({"a", Value(), "b"}), "list<text>"), "");
  EXPECT_EQ(why_not(Blob::own("x", {}), "file"), "");
  EXPECT_EQ(why_not(BlobPtr(), "file"), "expected file, got file");
}

TEST(Conforms, FaultsCarryTheirPath) {
  Page page;
  page.words.resize(3);
  auto good = Value::list({to_value(page), to_value(page)});
  EXPECT_EQ(why_not(good, "list<page>"), "");
  auto words = Value::list({to_value(Word{}), to_value(Word{}).with("box", "here")});
  auto bad = Value::list({to_value(page), to_value(page).with("words", words)});
  EXPECT_EQ(why_not(bad, "list<page>", "pages"), "pages[1].words[1].box: expected list<number>, got text");
  EXPECT_EQ(why_not(Value::record({{"a", 1}}), "{a: text}"), "a: expected text, got integer");
  EXPECT_EQ(why_not(Value::record({{"texx", "x"}}), "{text: text}"),
            "there is no field `text` (there is `texx`)");
  EXPECT_EQ(why_not(1, "text", "question"), "question: expected text, got integer");
}

TEST(Conforms, RecordsMayHaveMoreFieldsInAnyOrder) {
  EXPECT_EQ(why_not(Value::record({{"x", 0}, {"b", 1}, {"a", "t"}}), "{a: text, b: number}"), "");
}

TEST(Conforms, JsonIsDataOfBoundedDepthWithoutFiles) {
  EXPECT_EQ(why_not(Value::list({1, Value::record({{"a", "b"}})}), "json"), "");
  EXPECT_NE(why_not(Value::list({Blob::own("x", {})}), "json"), "");
  Value deep = 1;
  for (int i = 0; i < 1000; ++i) deep = Value::list({deep});
  EXPECT_NE(why_not(deep, "json").find("128"), std::string::npos);
}

Value image(std::int64_t width, std::int64_t height, std::int64_t stride, std::string format,
            std::size_t bytes) {
  return Value::record({{"width", width},
                        {"height", height},
                        {"stride", stride},
                        {"format", format},
                        {"dpi", 300},
                        {"pixels", Blob::own(std::string(bytes, '\0'), {})}});
}

TEST(Conforms, ImagesHaveAllTheirPixels) {
  EXPECT_EQ(why_not(image(4, 2, 4, "gray8", 8), "image"), "");
  EXPECT_EQ(why_not(image(4, 2, 12, "rgb8", 24), "image"), "");
  EXPECT_NE(why_not(image(4, 2, 4, "rgb8", 24), "image").find("stride"), std::string::npos);
  EXPECT_NE(why_not(image(4, 3, 4, "gray8", 8), "image").find("pixels"), std::string::npos);
  EXPECT_NE(why_not(image(4, INT64_MAX, 4, "gray8", 8), "image"), "");
  EXPECT_NE(why_not(image(-4, 2, 4, "gray8", 8), "image").find("width"), std::string::npos);
  EXPECT_NE(why_not(image(4, 2, 4, "cmyk", 8), "image").find("format"), std::string::npos);
}

TEST(Conforms, TensorsHaveTheirShape) {
  auto tensor = [](Value shape, std::size_t bytes) {
    return Value::record(
        {{"dtype", "f32"}, {"shape", shape}, {"data", Blob::own(std::string(bytes, '\0'), {})}});
  };
  EXPECT_EQ(why_not(tensor(Value::list({2, 3}), 24), "tensor<f32,[n,3]>"), "");
  EXPECT_NE(why_not(tensor(Value::list({2, 3}), 24), "tensor<f32,[n,4]>").find("shape"), std::string::npos);
  EXPECT_NE(why_not(tensor(Value::list({2, 3}), 24), "tensor<f32,[n,n]>").find("differ"), std::string::npos);
  EXPECT_NE(why_not(tensor(Value::list({2, 3}), 20), "tensor<f32,[n,3]>").find("data"), std::string::npos);
  EXPECT_NE(why_not(tensor(Value::list({2, 3}), 24), "tensor<f16,[n,3]>").find("dtype"), std::string::npos);
  EXPECT_NE(why_not(tensor(Value::list({INT64_MAX, 3}), 24), "tensor<f32,[n,3]>").find("large"),
            std::string::npos);
}

TEST(Conforms, AudioHasWholeFrames) {
  auto audio = [](std::size_t bytes) {
    return Value::record(
        {{"rate", 16000}, {"channels", 2}, {"samples", Blob::own(std::string(bytes, '\0'), {})}});
  };
  EXPECT_EQ(why_not(audio(16), "audio"), "");
  EXPECT_NE(why_not(audio(12), "audio"), "");
}

}  // namespace
}  // namespace shoal::value
