#include "functions/test_call.h"

#include "value/records.h"

namespace shoal::functions {
namespace {

using value::Value;

Value page(std::string text) {
  value::Page page;
  page.text = text;
  return value::to_value(page);
}

TEST(PageText, JoinsPagesByABlankLine) {
  auto pages = Value::list({page("one\n"), Value(), page("two\n\n"), page("")});
  EXPECT_EQ(outputs_of("page-text", Value::record({{"pages", pages}}))["text"], Value("one\n\ntwo\n\n"));
  EXPECT_EQ(outputs_of("page-text", Value::record({{"pages", pages}, {"between", "\f"}}))["text"],
            Value("one\ftwo\f"));
  EXPECT_EQ(outputs_of("page-text", Value::record({{"pages", Value::list()}}))["text"], Value(""));
}

TEST(RecordPages, ALineOfJsonIsAPage) {
  auto const lines = "{\"id\": 1, \"title\": \"One\", \"text\": \"First.\"}\n\n{\"text\": \"Third.\"}\n";
  auto pages = outputs_of("record-pages", Value::record({{"text", lines}}))["pages"];
  ASSERT_EQ(pages.as_list().size(), 2u);
  EXPECT_EQ(pages.as_list()[0]["text"], Value("One\n\nFirst."));
  EXPECT_EQ(pages.as_list()[1]["number"], Value(3));
  EXPECT_EQ(pages.as_list()[1]["text"], Value("Third."));
  for (auto const* wrong : {"{\"text\": \"good\"}\nno JSON", "[1]\n", "{\"text\": 3}", "{}"}) {
    auto const refused = find("record-pages")->call(Value::record({{"text", wrong}}));
    ASSERT_FALSE(refused) << wrong;
    EXPECT_NE(refused.error().message().find("line "), std::string::npos);
  }
}

TEST(FileText, StrictRefusesWhatIsNoUtf8) {
  auto const file = value::Blob::own("caf\xe9", {.name = "old.txt"});
  EXPECT_TRUE(find("file-text")->call(Value::record({{"file", file}, {"strict", false}})));
  auto const refused = find("file-text")->call(Value::record({{"file", file}, {"strict", true}}));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("old.txt` is not a text file in UTF-8: byte 4"),
            std::string::npos);
}

TEST(TextPages, CutAtFormFeeds) {
  auto pages = outputs_of("text-pages", Value::record({{"text", "one\n\n\ftwo\f"}}))["pages"];
  ASSERT_EQ(pages.as_list().size(), 2u);
  EXPECT_EQ(pages.as_list()[1]["text"], Value("two"));
  EXPECT_EQ(pages.as_list()[0]["line"], Value(1));
  EXPECT_EQ(pages.as_list()[1]["line"], Value(3));
  EXPECT_EQ(pages.as_list()[1]["number"], Value(2));
  auto single = outputs_of("text-pages", Value::record({{"text", "no pages"}}))["pages"];
  ASSERT_EQ(single.as_list().size(), 1u);
  EXPECT_EQ(single.as_list()[0]["number"], Value(0));
}

Value file(std::string bytes) {
  return Value::record({{"file", value::Blob::own(std::move(bytes), {"", "a.txt", -1, {}})}});
}

TEST(FileText, AFileThatChangedIsNoShortText) {
  auto const changed = [] { return Result<void>(Error(Code::unavailable, "it was changed")); };
  auto const read = [] { return std::string("half"); };
  auto const file = value::Blob::later(8, read, {.name = "a.txt", .still = changed});
  EXPECT_NE(problem_of("file-text", Value::record({{"file", file}})).find("changed"), std::string::npos);
}

TEST(FileText, AFileThatIsTooLargeIsNotRead) {
  auto const read = []() -> std::string { return ADD_FAILURE() << "it was read", ""; };
  auto const file = value::Blob::later(1u << 30, read, {.name = "a.txt"});
  EXPECT_NE(problem_of("file-text", Value::record({{"file", file}})).find("64 MiB"), std::string::npos);
}

TEST(FileText, ReadsUtf8) {
  EXPECT_EQ(outputs_of("file-text", file("\xef\xbb\xbfGrüße\r\n你好"))["text"], Value("Grüße\n你好"));
  EXPECT_EQ(outputs_of("file-text", file("a\xff"
                                         "b"))["text"],
            Value("a\ufffdb"));
  EXPECT_NE(problem_of("file-text", file(std::string("a\0b", 3))).find("a.txt"), std::string::npos);
}

}  // namespace
}  // namespace shoal::functions
