#include "graph/drawing.h"

#include <algorithm>

#include "base/text.h"
#include "graph/references.h"

namespace shoal::graph {
namespace {

std::string how(Plan const& plan, PlannedStep const& step) {
  auto text = plan.callables[step.callable].name;
  if (step.each) text += ", each";
  if (step.when) text += ", when";
  if (step.repeat) text += ", up to " + std::to_string(step.repeat->at_most) + " times";
  if (step.stand_in) text += ", on error " + plan.callables[step.stand_in->callable].name;
  return text;
}

std::string type_of(value::Port const& port) { return port.type.to_string(); }

void add_edge(Drawing& drawing, std::uint32_t from, std::uint32_t to) {
  drawing.edges.push_back({from, to});
  auto& node = drawing.nodes[to];
  node.column = std::max(node.column, drawing.nodes[from].column + 1);
}

// Outputs stand together in the last column; in each column the nodes have the order that they have in the
// list.
void place(Drawing& drawing) {
  std::uint32_t last = 1;
  for (auto const& node : drawing.nodes) last = std::max(last, node.column);
  std::vector<std::uint32_t> taken(last + 1, 0);
  for (auto& node : drawing.nodes) {
    if (node.kind == Drawing::Kind::output) node.column = last;
    node.row = taken[node.column]++;
  }
}

}  // namespace

Drawing draw(Plan const& plan) {
  using Kind = Drawing::Kind;
  Drawing drawing;
  drawing.name = plan.name;
  // So a slot of the plan is the number of its node.
  for (auto const& port : plan.signature.inputs)
    drawing.nodes.push_back({Kind::input, port.name, type_of(port), 0, 0});
  for (auto const& step : plan.steps) {
    auto const node = static_cast<std::uint32_t>(drawing.nodes.size());
    drawing.nodes.push_back({Kind::step, step.id, how(plan, step), 0, 0});
    for (auto const slot : step.reads) add_edge(drawing, slot, node);
  }
  for (std::size_t i = 0; i < plan.outputs.size(); ++i) {
    auto const node = static_cast<std::uint32_t>(drawing.nodes.size());
    drawing.nodes.push_back({Kind::output, plan.outputs[i].name, type_of(plan.signature.outputs[i]), 0, 0});
    std::vector<std::uint32_t> slots;
    visit_references(plan.outputs[i].binding,
                     [&](Reference const& reference) { slots.push_back(reference.slot); });
    std::sort(slots.begin(), slots.end());
    slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
    for (auto const slot : slots) add_edge(drawing, slot, node);
  }
  place(drawing);
  return drawing;
}

namespace {

// What HTML and XML would read as their own; Mermaid takes the same.
std::string escaped(std::string_view text) {
  auto const pieces = {std::pair("&", "&amp;"), {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}};
  std::string result(text);
  for (auto const& [what, by] : pieces) result = replace_all(result, what, by);
  return result;
}

}  // namespace

std::string to_mermaid(Drawing const& drawing) {
  std::string text = "flowchart LR\n";
  for (std::size_t i = 0; i < drawing.nodes.size(); ++i) {
    auto const& node = drawing.nodes[i];
    auto const label = "\"" + escaped(node.name) + "<br/>" + escaped(node.about) + "\"";
    bool const is_step = node.kind == Drawing::Kind::step;
    text += "  n" + std::to_string(i) + (is_step ? "[" + label + "]" : "([" + label + "])") + "\n";
  }
  for (auto const& [from, to] : drawing.edges)
    text += "  n" + std::to_string(from) + " --> n" + std::to_string(to) + "\n";
  return text;
}

namespace {

// Pixels.
constexpr std::uint32_t kWidth = 200, kHeight = 44, kBetweenColumns = 70, kBetweenRows = 22, kMargin = 20;
constexpr std::size_t kMostCharacters = 26;  // of a line in a box

std::string number(std::uint32_t value) { return std::to_string(value); }
std::uint32_t left_of(Drawing::Node const& node) {
  return kMargin + node.column * (kWidth + kBetweenColumns);
}
std::uint32_t top_of(Drawing::Node const& node) { return kMargin + node.row * (kHeight + kBetweenRows); }

std::string line(Drawing::Node const& node, std::string const& text, std::uint32_t down,
                 std::string const& style) {
  auto const shown = text.size() <= kMostCharacters ? text : text.substr(0, kMostCharacters - 1) + "…";
  return "<text x=\"" + number(left_of(node) + kWidth / 2) + "\" y=\"" + number(top_of(node) + down) +
         "\" class=\"" + style + "\">" + escaped(shown) + "</text>\n";
}

std::string box(Drawing::Node const& node) {
  bool const is_step = node.kind == Drawing::Kind::step;
  return "<g><title>" + escaped(node.name + ": " + node.about) + "</title>\n<rect x=\"" +
         number(left_of(node)) + "\" y=\"" + number(top_of(node)) + "\" width=\"" + number(kWidth) +
         "\" height=\"" + number(kHeight) + "\" rx=\"" + (is_step ? "6" : "22") + "\" class=\"" +
         (is_step ? "step" : "port") + "\"/>\n" + line(node, node.name, 19, "name") +
         line(node, node.about, 35, "about") + "</g>\n";
}

std::string arrow(Drawing::Node const& from, Drawing::Node const& to) {
  auto const x = left_of(from) + kWidth, y = top_of(from) + kHeight / 2;
  auto const end_x = left_of(to), end_y = top_of(to) + kHeight / 2;
  auto const middle = (x + end_x) / 2;
  return "<path d=\"M" + number(x) + " " + number(y) + " C" + number(middle) + " " + number(y) + " " +
         number(middle) + " " + number(end_y) + " " + number(end_x) + " " + number(end_y) + "\"/>\n";
}

constexpr std::string_view kStyle = R"(<style>
text { font: 12px system-ui, sans-serif; text-anchor: middle; fill: #222 }
.name { font-weight: 600 } .about { fill: #666; font-size: 10.5px }
rect { stroke: #889; fill: #fff } .port { fill: #eef3fb }
path { fill: none; stroke: #99a; stroke-width: 1.4; marker-end: url(#tip) }
</style>
<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><polygon points="0,0 8,4 0,8" fill="#99a"/></marker>
)";

}  // namespace

std::string to_svg(Drawing const& drawing) {
  std::uint32_t width = 0, height = 0;
  for (auto const& node : drawing.nodes) {
    width = std::max(width, left_of(node) + kWidth + kMargin);
    height = std::max(height, top_of(node) + kHeight + kMargin);
  }
  auto text = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + number(width) + " " +
              number(height) + "\" width=\"" + number(width) + "\" height=\"" + number(height) +
              "\">\n<title>" + escaped(drawing.name) + "</title>\n" + std::string(kStyle);
  for (auto const& [from, to] : drawing.edges) text += arrow(drawing.nodes[from], drawing.nodes[to]);
  for (auto const& node : drawing.nodes) text += box(node);
  return text + "</svg>\n";
}

}  // namespace shoal::graph
