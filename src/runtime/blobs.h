// Values as JSON that outlives a process: a blob stands as {"$file": absolute path, "name", "hash"} or as
// {"$artifact": hash, "media_type", "name"} of what the home keeps. Clients and the host send each other
// values in this form, and the journal keeps a run's inputs in it.
#pragma once

#include <map>
#include <set>
#include <stop_token>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "base/result.h"
#include "base/sha256.h"
#include "runtime/runtime.h"
#include "value/json.h"
#include "value/value.h"

namespace shoal::runtime {

// The blobs of one conversation: bytes that came from the other side as a file go back as that file. One
// thread.
class Blobs {
 public:
  // `stop` ends the reading of large files.
  explicit Blobs(Runtime const& runtime, std::stop_token stop = {})
      : runtime_(runtime), stop_(std::move(stop)) {}

  // unavailable: a file is another one than its `hash` says.
  Result<value::Value> read(Json const& json);
  // Files are named, other blobs kept in the home.
  Result<Json> write(value::Value const& value);

 private:
  Result<value::BlobPtr> read_blob(std::string_view kind, Json const& object);
  Result<Json> write_blob(value::BlobPtr const& blob);

  Runtime const& runtime_;
  std::stop_token stop_;
  std::map<Sha256, Json> known_;  // files that read() met
};

// Adds the artifacts that values written in this form name.
void collect_artifacts(std::string_view json, std::set<Sha256>& into);

}  // namespace shoal::runtime
