#include "runtime/provenance.h"

#include "base/text.h"
#include "value/json.h"

namespace shoal::runtime {
namespace {

constexpr std::size_t kWholeBytes = 300;
constexpr std::size_t kBeginning = 60;
constexpr std::size_t kHashLetters = 16;  // of a build: enough to tell two apart

Json describe_long(value::Value const& value, std::string_view begins, std::size_t bytes) {
  return Json::object({{"$value", value::hash_of(value).hex()},
                       {"bytes", bytes},
                       {"begins", make_valid_utf8(begins.substr(0, kBeginning))}});
}

Json describe_field(value::Value const& value) {
  if (value.is_text() && value.as_text().size() > kWholeBytes)
    return describe_long(value, value.as_text(), value.as_text().size());
  // What is surely long is not written out to find that it is.
  if (auto const size = value::size_of(value); size > 64 * kWholeBytes && !value.is_blob())
    return describe_long(value, value.kind_name(), size);
  auto json = value::to_json(value);
  if (value.is_blob()) return json;
  auto const text = json.dump();
  return text.size() <= kWholeBytes ? json : describe_long(value, text, text.size());
}

}  // namespace

Json describe(value::Value const& record) {
  if (!record.is_record()) return Json();
  Json fields = Json::object();
  for (auto const& [name, field] : record.as_record()) {
    if (!field.is_null()) fields.set(name, describe_field(field));
  }
  return fields;
}

Json describe(OperationTarget const& target) {
  Json maker = Json::object({{"engine", target.engine->engine},
                             {"version", target.engine->version},
                             {"build", target.engine->fingerprint.substr(0, kHashLetters)}});
  if (!target.model) return maker;
  maker.set("model", target.model->name);
  maker.set("model_hash", target.model_hash.substr(0, 64));
  maker.set("model_options", target.model->options);
  return maker;
}

}  // namespace shoal::runtime
