// Any text as an engine.yaml: an error with its place, or a manifest whose operations can be found.
// rooms: host
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "host/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const manifest =
      shoal::host::parse_manifest({reinterpret_cast<char const*>(data), size}, "engines/x/engine.yaml");
  if (!manifest) {
    CHECK(manifest.error().message().starts_with("engines/x/engine.yaml:"));
    return 0;
  }
  for (auto const& operation : manifest->operations) CHECK(manifest->find(operation.name) != nullptr);
  return 0;
}
