// JSON Schema (draft 2020-12) for ports of type `json`: the keywords that describe data by itself. What would
// need a regular expression or another document (`pattern`, `$ref` elsewhere, `format` as a test) is refused
// when the schema is read, never passed over in silence. Immutable; any thread.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/yaml.h"
#include "value/value.h"

namespace shoal::value {

class Schema {
 public:
  // Adds what is wrong, each where it stands, and gives nothing then.
  static std::shared_ptr<Schema const> read(Yaml const& node, std::vector<Problem>& problems);

  // invalid_argument with the path and what is wrong there. `name` begins the path.
  Result<void> check(Value const& value, std::string_view name) const;
  Json const& json() const { return json_; }

 private:
  explicit Schema(Json json) : json_(std::move(json)) {}

  Json json_;
};

}  // namespace shoal::value
