// Any JSON as a JSON Schema: it is refused with words, or becomes a grammar that has a root.

// rooms: engine
// engine: llama
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engines/llama/schema.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const schema = shoal::Json::parse({reinterpret_cast<char const*>(data), size});
  if (!schema) return 0;
  auto const grammar = shoal::llama_engine::grammar_of_schema(*schema);
  CHECK(grammar ? grammar->find("root ::=") != std::string::npos : !grammar.error().message().empty());
  return 0;
}
