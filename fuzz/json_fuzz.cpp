// Any bytes as JSON: what parses must read back the same from its own dump.
// rooms: base
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto json = shoal::Json::parse({reinterpret_cast<char const*>(data), size});
  if (!json) return 0;
  auto again = shoal::Json::parse(json->dump());
  CHECK(again.has_value());
  CHECK(*again == *json);
  CHECK(*shoal::Json::parse(json->dump(2)) == *json);
  return 0;
}
