// Any bytes as a YAML document: it parses or is refused with a position, and positions lie in the text.
// rooms: base
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/yaml.h"

namespace {

void require_positions(shoal::Yaml const& node, int lines) {
  CHECK(node.position().line >= 1 && node.position().line <= lines && node.position().column >= 1);
  for (auto const& item : node.items()) require_positions(item, lines);
  for (auto const& entry : node.entries()) require_positions(entry.value, lines);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view text(reinterpret_cast<char const*>(data), size);
  auto yaml = shoal::Yaml::parse(text, "fuzz.yaml");
  if (!yaml) {
    CHECK(yaml.error().message().starts_with("fuzz.yaml:"));
    return 0;
  }
  require_positions(*yaml, 1 + static_cast<int>(std::count(text.begin(), text.end(), '\n')));
  (void)yaml->to_json().dump();
  return 0;
}
