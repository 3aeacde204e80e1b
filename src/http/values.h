// Values in requests and answers. A blob stands as {"$file": absolute path, "name"}, which only this user can
// send (the socket is closed to others), or as {"$artifact": hash, "media_type", "name"} of what the home
// keeps.
#pragma once

#include <map>
#include <stop_token>
#include <utility>

#include "base/json.h"
#include "base/result.h"
#include "base/sha256.h"
#include "runtime/runtime.h"
#include "value/json.h"
#include "value/value.h"

namespace shoal::http {

// The blobs of one conversation: what came from the other side as a file goes back as that file. One thread.
class Blobs {
 public:
  // `stop` ends the reading of large files.
  explicit Blobs(runtime::Runtime& runtime, std::stop_token stop = {})
      : runtime_(runtime), stop_(std::move(stop)) {}

  Result<value::Value> read(Json const& json);
  enum class Files {
    as_they_came,  // those that read() met
    by_name,       // all regular files that this process was told of by name
  };
  // Other blobs are kept in the home.
  Result<Json> write(value::Value const& value, Files files = Files::as_they_came);

 private:
  Result<value::BlobPtr> read_blob(std::string_view kind, Json const& object);
  Result<Json> write_blob(value::BlobPtr const& blob, Files files);

  runtime::Runtime& runtime_;
  std::stop_token stop_;
  std::map<Sha256, Json> known_;
};

// {"run", "outputs" or "error", "checks_failed", "route", "ledger"}
Json to_json(runtime::RunResult const& result, Blobs& blobs);
runtime::RunResult result_of(Json const& document, Blobs& blobs);

}  // namespace shoal::http
