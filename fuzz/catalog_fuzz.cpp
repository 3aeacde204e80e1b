// Any bytes as a catalogue entry, as mirrors and as a source: all problems are named with their place, and
// what is accepted comes out of its JSON unchanged.

// rooms: store
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "store/catalog.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view text(reinterpret_cast<char const*>(data), size);
  auto entry = shoal::store::parse_catalog_entry(text, "fuzz.yaml");
  if (entry) {
    auto const json = shoal::store::to_json(*entry);
    auto again = shoal::store::parse_catalog_entry(json.dump(2), "fuzz.json");
    CHECK(again && shoal::store::to_json(*again) == json);
  } else {
    CHECK(entry.error().message().starts_with("fuzz.yaml:"));
  }
  auto mirrors = shoal::store::parse_mirrors(text, "fuzz.yaml");
  CHECK(mirrors || mirrors.error().message().starts_with("fuzz.yaml:"));
  auto assembly = shoal::store::parse_assembly(text);
  CHECK(!assembly || !assembly->parts.empty());
  return 0;
}
