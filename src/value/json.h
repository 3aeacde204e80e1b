// Values as JSON at the edges. A blob has no JSON form of its own: it stands as an object with one
// `$…` member ({"$file": path}, {"$artifact": hash}, {"$base64": …}, on the wire {"$buffer": n}). Other
// names with `$` are data ("$schema"). Deeper than 128 levels is invalid_argument.
#pragma once

#include <functional>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "value/value.h"

namespace shoal::value {

// How a blob is written. Returns an object with a `$…` member.
using BlobWriter = std::function<Json(BlobPtr const&)>;
// How an object with the `$…` member `kind` is read.
using BlobReader = std::function<Result<BlobPtr>(std::string_view kind, Json const& object)>;

Json to_json(Value const& value, BlobWriter const& write_blob);
Result<Value> from_json(Json const& json, BlobReader const& read_blob);

// The blobs in a value in the order in which to_json() meets them, so that they can be referred to by index.
std::vector<BlobPtr> blobs_of(Value const& value);

// {"$artifact": hash, "media_type", "size", "name"}: for people and events; bytes are not included.
Json describe_blob(BlobPtr const& blob);
// Blobs are written as describe_blob() does, and refused with invalid_argument when read.
Json to_json(Value const& value);
Result<Value> from_json(Json const& json);

}  // namespace shoal::value
