#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "functions/test_call.h"
#include "value/records.h"

namespace shoal::functions {
namespace {

using boost::property_tree::ptree;
using value::Value;

Value two_pages() {
  value::Page first;
  first.number = 4;
  first.width = 360;
  first.height = 720;
  first.text = "Fish & <chips>\n\"Salt\"\n\nDr’s";
  first.words = {{"Fish", {10, 20, 30, 30}, 0.9, 0},
                 {"&", {35, 20, 40, 30}, 0.5, 0},
                 {"<chips>", {45, 19, 90, 31}, 0.876, 0},
                 {"\"Salt\"", {10, 40, 60, 50}, 1, 1},
                 {"Dr’s", {10, 90, 60, 100}, 1, 2}};
  value::Page blank;
  blank.number = 5;
  blank.width = blank.height = 72;
  return Value::list({value::to_value(first), Value(), value::to_value(blank)});
}

std::string hocr_of(std::string const& document) {
  return outputs_of("hocr",
                    Value::record({{"pages", two_pages()}, {"document", document}, {"dpi", 144}}))["hocr"]
      .as_text();
}

ptree parse(std::string const& text) {
  std::istringstream in(text);
  ptree tree;
  boost::property_tree::read_xml(in, tree);
  return tree;
}

// All elements with a class, in the order of the document.
struct Element {
  std::string kind, parent, id, title, text;
};
void collect(ptree const& tree, std::string const& parent, std::vector<Element>& out) {
  for (auto const& [name, child] : tree) {
    auto const kind = child.get<std::string>("<xmlattr>.class", "");
    if (!kind.empty()) {
      out.push_back({kind, parent, child.get<std::string>("<xmlattr>.id", ""),
                     child.get<std::string>("<xmlattr>.title", ""), child.data()});
    }
    if (name != "<xmlattr>") collect(child, kind.empty() ? parent : kind, out);
  }
}
std::vector<Element> elements_of(std::string const& text) {
  std::vector<Element> out;
  collect(parse(text), "", out);
  return out;
}

TEST(Hocr, NestsWordsInLinesParagraphsAreasAndPages) {
  std::map<std::string, std::string> const parents = {{"ocr_page", ""},
                                                      {"ocr_carea", "ocr_page"},
                                                      {"ocr_par", "ocr_carea"},
                                                      {"ocr_line", "ocr_par"},
                                                      {"ocrx_word", "ocr_line"}};
  std::map<std::string, int> counts;
  std::set<std::string> ids;
  std::regex const box(R"((^|; )bbox \d+ \d+ \d+ \d+(;|$))");
  for (auto const& element : elements_of(hocr_of("a.tiff"))) {
    ASSERT_TRUE(parents.contains(element.kind)) << element.kind;
    EXPECT_EQ(element.parent, parents.at(element.kind));
    EXPECT_TRUE(ids.insert(element.id).second) << element.id;
    EXPECT_TRUE(std::regex_search(element.title, box)) << element.title;
    ++counts[element.kind];
  }
  EXPECT_EQ(counts,
            (std::map<std::string, int>{
                {"ocr_page", 2}, {"ocr_carea", 2}, {"ocr_par", 2}, {"ocr_line", 3}, {"ocrx_word", 5}}));
}

TEST(Hocr, SaysWhereAndHowSure) {
  auto const all = elements_of(hocr_of("a.tiff"));
  ASSERT_EQ(all.size(), 14u);
  EXPECT_EQ(all[0].title, "image \"a.tiff\"; bbox 0 0 720 1440; ppageno 3; scan_res 144 144");
  EXPECT_EQ(all[3].title, "bbox 20 38 180 62");
  EXPECT_EQ(all[6].title, "bbox 90 38 180 62; x_wconf 88");
  EXPECT_EQ(all[6].text, "<chips>");
  EXPECT_EQ(all[13].kind, "ocr_page");
}

TEST(Hocr, HasTheHeadThatTheSpecificationAsksFor) {
  auto const text = hocr_of("a.tiff");
  auto const head = parse(text).get_child("html.head");
  std::map<std::string, std::string> meta;
  for (auto const& [name, child] : head) {
    if (name == "meta")
      meta[child.get<std::string>("<xmlattr>.name", "")] = child.get<std::string>("<xmlattr>.content", "");
  }
  EXPECT_EQ(meta["ocr-system"], "shoal");
  // Each class that is used is announced.
  for (auto const& element : elements_of(text))
    EXPECT_NE((" " + meta["ocr-capabilities"] + " ").find(" " + element.kind + " "), std::string::npos);
}

TEST(Hocr, NamesCannotBreakOut) {
  auto const all = elements_of(hocr_of("\"><script>\\x&\x01.tiff"));
  EXPECT_EQ(all.at(0).title, "image \"><script>x&.tiff\"; bbox 0 0 720 1440; ppageno 3; scan_res 144 144");
}

}  // namespace
}  // namespace shoal::functions
