// A pipeline as a picture: its inputs, steps and outputs in columns, each right of all that it reads. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/plan.h"

namespace shoal::graph {

struct Drawing {
  enum class Kind { input, step, output };
  struct Node {
    Kind kind{};
    std::string name;
    std::string about;  // the type of an input or output; what a step uses, and how: "each", "when"
    std::uint32_t column = 0, row = 0;
  };
  struct Edge {
    std::uint32_t from = 0, to = 0;  // nodes
  };
  std::string name;
  std::vector<Node> nodes;  // inputs, then steps, then outputs
  std::vector<Edge> edges;
};

Drawing draw(Plan const& plan);

// As a flow chart in Mermaid's language.
std::string to_mermaid(Drawing const& drawing);
// As an SVG 1.1 document that needs nothing from elsewhere.
std::string to_svg(Drawing const& drawing);

}  // namespace shoal::graph
