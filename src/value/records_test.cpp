#include "value/records.h"

#include <gtest/gtest.h>

namespace shoal::value {
namespace {

Page example_page() {
  Page page;
  page.number = 3;
  page.width = 612;
  page.height = 792.5;
  page.text = "Grüße 你好\n";
  page.words = {{"Grüße", {1, 2, 3, 4}, 0.5, 0}, {"你好", {5, 6, 7, 8}, 0.25, 1}};
  page.confidence = 0.375;
  page.source = "ocr";
  return page;
}

TEST(Records, PagesKeepAllTheyHave) {
  auto value = to_value(example_page());
  EXPECT_TRUE(conforms(value, page_type()));
  auto page = page_from(value);
  EXPECT_EQ(to_value(page), value);
  EXPECT_EQ(page.words[1].text, "你好");
  EXPECT_EQ(page.words[1].line, 1);
  EXPECT_EQ(page.words[0].box[3], 4);
  EXPECT_EQ(page.source, "ocr");
}

TEST(Records, SheetsKeepTheirDocument) {
  Sheet sheet{Blob::own("%PDF-1.4", {}), 2, 200, 100, 50, "text"};
  auto value = to_value(sheet);
  EXPECT_TRUE(conforms(value, sheet_type()));
  auto read = sheet_from(value);
  EXPECT_EQ(read.document, sheet.document);
  EXPECT_EQ(read.dpi, 200);
  EXPECT_EQ(to_value(read), value);
}

TEST(Records, PassagesAndCitationsKeepTheirBoxes) {
  Passage passage{"a.pdf#p2.1", "a.pdf", "A", 2, "text", {{1, 2, 3, 4}, {5, 6, 7, 8}}, 0.5};
  auto value = to_value(passage);
  EXPECT_TRUE(conforms(value, passage_type()));
  EXPECT_EQ(to_value(passage_from(value)), value);
  EXPECT_EQ(passage_from(value).boxes[1][2], 7);
  passage.line = 12;
  EXPECT_TRUE(conforms(to_value(passage), passage_type()));
  EXPECT_EQ(passage_from(to_value(passage)).line, 12);
  EXPECT_FALSE(value.contains("line"));
  EXPECT_TRUE(conforms(to_value(Citation{"a.pdf", 2, "text", {{1, 2, 3, 4}}}), citation_type()));
}

TEST(Records, NullGivesDefaults) {
  EXPECT_EQ(page_from(Value()).confidence, 1);
  EXPECT_EQ(sheet_from(Value()).dpi, 300);
  EXPECT_EQ(page_from(Value::record({{"words", Value::list({1, Value()})}})).words.size(), 2u);
}

TEST(Records, NamesAreTypes) {
  for (auto const& name : named_types()) {
    ASSERT_NE(find_named_type(name), nullptr);
    EXPECT_EQ(*Type::parse(name), *find_named_type(name));
  }
  EXPECT_EQ(find_named_type("pagse"), nullptr);
}

}  // namespace
}  // namespace shoal::value
