#include "graph/drawing.h"

#include <gtest/gtest.h>

#include "graph/test_catalog.h"

namespace shoal::graph {
namespace {

Drawing drawn(std::string const& text) {
  auto checked = check(parse(text, "p.yaml").value(), test_catalog());
  EXPECT_TRUE(checked.has_value()) << checked.error().message();
  return draw(plan(std::move(*checked)));
}

constexpr char const* kDocument = R"(shoal: 1
pipeline: p
inputs: {text: text, n: integer}
steps:
  s: {use: split, with: {text: $text, size: 7}}
  u: {use: upper, each: $s.parts, with: {text: "{{ $item }}/{{ $n }}"}, when: $item != "b", else: $item}
outputs: {parts: $u, all: [$s.count, $text]}
)";

TEST(Drawing, EachNodeIsRightOfAllThatItReads) {
  auto const drawing = drawn(kDocument);
  ASSERT_EQ(drawing.nodes.size(), 6u);
  EXPECT_EQ(drawing.nodes[3].about, "upper, each, when");
  for (auto const& [from, to] : drawing.edges)
    EXPECT_LT(drawing.nodes[from].column, drawing.nodes[to].column);
  // text → s, s → u, n → u, u → parts, s → all, text → all.
  EXPECT_EQ(drawing.edges.size(), 6u);
  EXPECT_EQ(drawing.nodes[4].column, drawing.nodes[5].column);
  EXPECT_NE(drawing.nodes[4].row, drawing.nodes[5].row);
}

TEST(Drawing, MermaidHasANodeAndAnArrowForEach) {
  auto const text = to_mermaid(drawn(kDocument));
  EXPECT_EQ(text.substr(0, 13), "flowchart LR\n");
  EXPECT_NE(text.find("n2[\"s<br/>split\"]"), std::string::npos) << text;
  EXPECT_NE(text.find("n5([\"all<br/>list&lt;"), std::string::npos) << text;
  EXPECT_NE(text.find("  n0 --> n2\n"), std::string::npos) << text;
}

TEST(Drawing, SvgHasABoxForEachNodeAndAPathForEachEdge) {
  auto const drawing = drawn(kDocument);
  auto const text = to_svg(drawing);
  auto const count = [&](std::string_view what) {
    std::size_t found = 0;
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("<rect "), drawing.nodes.size());
  EXPECT_EQ(count("<path "), drawing.edges.size());
  EXPECT_EQ(count("<g>"), count("</g>"));
  EXPECT_EQ(text.find("list<"), std::string::npos) << "what is not escaped would be read as an element";
}

}  // namespace
}  // namespace shoal::graph
