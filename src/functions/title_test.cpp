#include "base/text.h"
#include "functions/test_call.h"
#include "value/records.h"

namespace shoal::functions {
namespace {

using value::Page;
using value::Value;

struct Line {
  std::string text;
  double height = 10;
};

Value page_of(std::vector<Line> const& lines) {
  Page page;
  page.width = 600;
  double y = 40;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    double x = 50;
    for (auto word : split(lines[i].text, ' ')) {
      auto width = lines[i].height * 0.6 * static_cast<double>(word.size());
      page.words.push_back(
          {std::string(word), {x, y, x + width, y + lines[i].height}, 1, static_cast<std::int64_t>(i)});
      x += width + 4;
    }
    page.text += lines[i].text + "\n";
    y += lines[i].height * 1.3;
  }
  return value::to_value(page);
}

std::vector<Line> body(std::vector<Line> top) {
  for (int i = 0; i < 20; ++i)
    top.push_back({"and so the long story of the island went on for many a year, as they say"});
  return top;
}

std::string title_of(Value pages, std::string name = "files/my_scan.pdf") {
  return outputs_of("title", Value::record({{"pages", pages}, {"name", name}}))["title"].as_text();
}

TEST(Title, TakesTheLargeLineAtTheTop) {
  EXPECT_EQ(title_of(Value::list(
                {page_of(body({{"Printed in London, 1875"}, {"The Treasure of the Island", 24}}))})),
            "The Treasure of the Island");
  EXPECT_EQ(title_of(Value::list({page_of(body({{"A Short History of", 24}, {"Nearly Everything", 24}}))})),
            "A Short History of Nearly Everything");
}

TEST(Title, TakesTheHeadThatPagesShareWithoutPageNumbers) {
  auto pages =
      Value::list({page_of(body({{"PREFACE. vii"}})), page_of(body({{"12 THE CORSET AND THE CRINOLINE."}})),
                   Value(), page_of(body({{"THE CORSET AND THE CRINOLINE. 13"}}))});
  EXPECT_EQ(title_of(pages), "THE CORSET AND THE CRINOLINE");
}

TEST(Title, AHeadNeedsNoCapitals) {
  auto pages = Value::list({page_of(body({{"12 The Corset and the Crinoline"}})),
                            page_of(body({{"The Corset and the Crinoline 13"}}))});
  EXPECT_EQ(title_of(pages), "The Corset and the Crinoline");
}

TEST(Title, KeepsNumbersOfATitleThatIsNoHead) {
  EXPECT_EQ(title_of(Value::list({page_of(body({{"Apollo 11", 24}}))})), "Apollo 11");
}

TEST(Title, ElseTakesTheFilesName) {
  EXPECT_EQ(title_of(Value::list({page_of(body({}))})), "my scan");
  EXPECT_EQ(title_of(Value::list()), "my scan");
  EXPECT_EQ(title_of(Value::list(), "C:\\scans\\report.v2.tiff"), "report.v2");
  EXPECT_EQ(title_of(Value::list(), ".hidden"), ".hidden");
  EXPECT_EQ(title_of(Value::list(), ""), "");
}

TEST(Title, ReadsPlainTextAndMarkdown) {
  Page page;
  page.text = "# Die Größe der Straße\n\nEs war einmal ein Haus, das stand am Fluss.\n";
  EXPECT_EQ(title_of(Value::list({value::to_value(page)})), "Die Größe der Straße");
  page.text = "你好世界\n\n今天天气很好，我们一起去公园散步吧。\n";
  EXPECT_EQ(title_of(Value::list({value::to_value(page)})), "你好世界");
  page.text = "مقدمة ابن خلدون\n\nهذا نص طويل من الكتاب، وفيه كلام كثير.\n";
  EXPECT_EQ(title_of(Value::list({value::to_value(page)})), "مقدمة ابن خلدون");
}

}  // namespace
}  // namespace shoal::functions
