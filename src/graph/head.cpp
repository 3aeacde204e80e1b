#include "graph/head.h"

#include "base/text.h"
#include "graph/migration.h"
#include "graph/problems.h"

namespace shoal::graph {
void check_version(Yaml const& root, std::vector<Problem>& problems) {
  auto const* node = root.find("shoal");
  if (node == nullptr) {
    return add_problem(problems, {1, 1}, "the version of the format is missing", "begin with `shoal: 1`");
  }
  if (node->kind() != Yaml::Kind::integer || node->integer() < 1) {
    auto const written = printable(node->text().substr(0, 80));
    return add_problem(problems, node->position(),
                       "`shoal` is the version of the format, not `" + written + "`", "write `shoal: 1`");
  }
  if (node->integer() == kFormatVersion) return;
  add_problem(problems, node->position(),
              "version " + node->text() + " of the format is not supported; this program reads version 1",
              "update shoal");
}

std::string read_about(Yaml const& node, std::vector<Problem>& problems) {
  if (node.is_scalar()) return node.text();
  add_problem(problems, node.position(), "`about` must be a text");
  return {};
}

}  // namespace shoal::graph
