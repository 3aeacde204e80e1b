#include "value/json.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "value/extent.h"

namespace shoal::value {
namespace {

// Only these mark a blob: other names with `$` are data ("$schema", "$ref").
constexpr std::array<std::string_view, 5> kBlobKinds = {"$file", "$artifact", "$base64", "$buffer", "$input"};

std::string_view blob_kind(Json::Object const& object) {
  for (auto const& [key, value] : object) {
    if (std::find(kBlobKinds.begin(), kBlobKinds.end(), key) != kBlobKinds.end()) return key;
  }
  return {};
}

Json write(Value const& value, BlobWriter const& write_blob) {
  switch (value.kind()) {
    case Value::Kind::null: return nullptr;
    case Value::Kind::boolean: return value.as_boolean();
    case Value::Kind::integer: return value.as_integer();
    case Value::Kind::number: return value.as_number();
    case Value::Kind::text: return value.as_text();
    case Value::Kind::list: {
      Json::Array items;
      items.reserve(value.as_list().size());
      for (auto const& item : value.as_list()) items.push_back(write(item, write_blob));
      return items;
    }
    case Value::Kind::record: {
      Json::Object members;
      members.reserve(value.as_record().size());
      for (auto const& [name, field] : value.as_record())
        members.emplace_back(name, write(field, write_blob));
      return members;
    }
    case Value::Kind::blob: return value.as_blob() ? write_blob(value.as_blob()) : Json();
  }
  return nullptr;
}

Result<Value> read(Json const& json, BlobReader const& read_blob, int depth);

Result<Value> read_array(Json::Array const& array, BlobReader const& read_blob, int depth) {
  Value::List items;
  items.reserve(array.size());
  for (auto const& item : array) items.push_back(TRY(read(item, read_blob, depth)));
  return Value(std::move(items));
}

Result<Value> read_object(Json const& json, BlobReader const& read_blob, int depth) {
  auto const& object = json.as_object();
  if (auto kind = blob_kind(object); !kind.empty()) return Value(TRY(read_blob(kind, json)));
  Value::Record fields;
  fields.reserve(object.size());
  for (auto const& [key, member] : object) fields.emplace_back(key, TRY(read(member, read_blob, depth)));
  return Value(std::move(fields));
}

Result<Value> read(Json const& json, BlobReader const& read_blob, int depth) {
  if (depth > kMaxDepth) {
    return Error(Code::invalid_argument,
                 "the value is nested deeper than " + std::to_string(kMaxDepth) + " levels");
  }
  if (json.is_bool()) return Value(json.as_bool());
  if (json.is_integer()) return Value(json.as_integer());
  if (json.is_number()) return Value(json.as_number());
  if (json.is_string()) return Value(json.as_string());
  if (json.is_array()) return read_array(json.as_array(), read_blob, depth + 1);
  if (json.is_object()) return read_object(json, read_blob, depth + 1);
  return Value();
}

}  // namespace

Json to_json(Value const& value, BlobWriter const& write_blob) { return write(value, write_blob); }

Result<Value> from_json(Json const& json, BlobReader const& read_blob) { return read(json, read_blob, 0); }

Json describe_blob(BlobPtr const& blob) {
  return Json::object({{"$artifact", blob->hash().hex()},
                       {"media_type", blob->media_type()},
                       {"size", blob->size()},
                       {"name", blob->name()}});
}

Json to_json(Value const& value) { return write(value, describe_blob); }

Result<Value> from_json(Json const& json) {
  return read(
      json,
      [](std::string_view kind, Json const&) -> Result<BlobPtr> {
        return Error(Code::invalid_argument, "an object with `" + std::string(kind) +
                                                 "` stands for a file, which is not allowed here");
      },
      0);
}

std::vector<BlobPtr> blobs_of(Value const& value) {
  std::vector<BlobPtr> blobs;
  (void)to_json(value, [&](BlobPtr const& blob) {
    blobs.push_back(blob);
    return Json();
  });
  return blobs;
}

}  // namespace shoal::value
