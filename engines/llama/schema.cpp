#include "engines/llama/schema.h"

#include <json-schema-to-grammar.h>

#include <exception>

namespace shoal::llama_engine {
namespace {

// More than people write, less than what takes the library minutes.
constexpr std::size_t kMostBytes = 256 * 1024;

}  // namespace

Result<std::string> grammar_of_schema(Json const& schema) {
  auto const object = schema.is_string() ? TRY(Json::parse(schema.as_string()).within("the schema")) : schema;
  if (!object.is_object()) {
    return Error(Code::invalid_argument,
                 "the schema is " + std::string(object.type_name()) + ", it should be a JSON Schema object");
  }
  auto const text = object.dump();
  if (text.size() > kMostBytes) {
    return Error(Code::invalid_argument, "the schema has " + std::to_string(text.size()) +
                                             " bytes, more than " + std::to_string(kMostBytes));
  }
  try {
    return json_schema_to_grammar(common_json::parse(text));
  } catch (std::exception const& thrown) {
    return Error(Code::invalid_argument, std::string("the schema cannot be followed: ") + thrown.what());
  }
}

}  // namespace shoal::llama_engine
