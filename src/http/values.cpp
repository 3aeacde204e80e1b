#include "http/values.h"

#include <filesystem>
#include <optional>

#include "http/replies.h"
#include "runtime/files.h"

namespace shoal::http {
namespace {

Result<value::BlobPtr> open_file(Json const& object, std::stop_token const& stop) {
  auto const path = TRY(require_string(object, "$file"));
  if (!path.starts_with('/'))
    return Error(Code::invalid_argument, "`$file` takes an absolute path, and `" + path + "` is none");
  return runtime::open_file(path, object["name"].as_string(), stop);
}

Result<value::BlobPtr> open_artifact(Json const& object, runtime::Runtime& runtime) {
  auto const text = TRY(require_string(object, "$artifact"));
  value::Blob::Facts facts;
  facts.hash = TRY(Sha256::from_hex(text).within("`$artifact`"));
  if (auto const& type = object["media_type"].as_string(); !type.empty()) facts.media_type = type;
  facts.name = object["name"].as_string();
  return runtime.kept(std::move(facts)).within("the artifact " + text);
}

// Of a blob that is a regular file's content, by its name: what another process finds there, too, where
// /dev/fd/9 would be something else.
std::optional<std::string> file_behind(value::Blob const& blob) {
  if (blob.name().empty()) return std::nullopt;
  std::error_code failed;
  auto const path = std::filesystem::canonical(blob.name(), failed);
  if (failed || !std::filesystem::is_regular_file(path, failed)) return std::nullopt;
  return path.string();
}

}  // namespace

Result<value::BlobPtr> Blobs::read_blob(std::string_view kind, Json const& object) {
  if (kind == "$artifact") return open_artifact(object, runtime_);
  if (kind != "$file") {
    return Error(Code::unsupported,
                 "`" + std::string(kind) + "` is not taken here; give `$file` or `$artifact`");
  }
  auto const blob = TRY(open_file(object, stop_));
  known_.emplace(blob->hash(), object);
  return blob;
}

Result<Json> Blobs::write_blob(value::BlobPtr const& blob, Files files) {
  if (files == Files::by_name) {
    if (auto const path = file_behind(*blob)) return Json::object({{"$file", *path}, {"name", blob->name()}});
  }
  if (auto const known = known_.find(blob->hash()); known != known_.end()) return known->second;
  TRY(runtime_.keep(*blob));
  return value::describe_blob(blob);
}

Result<value::Value> Blobs::read(Json const& json) {
  return value::from_json(
      json, [this](std::string_view kind, Json const& object) { return read_blob(kind, object); });
}

Result<Json> Blobs::write(value::Value const& value, Files files) {
  std::optional<Error> failure;
  auto json = value::to_json(value, [&](value::BlobPtr const& blob) {
    auto written = write_blob(blob, files);
    if (written) return *written;
    if (!failure) failure = written.error();
    return Json();
  });
  if (failure) return *failure;
  return json;
}

Json to_json(runtime::RunResult const& result, Blobs& blobs) {
  auto document = Json::object({{"run", result.run}});
  auto const outputs = result.outputs ? blobs.write(*result.outputs) : Result<Json>(result.outputs.error());
  if (outputs) {
    document.set("outputs", *outputs);
  } else {
    document.set("error", to_json(outputs.error()));
  }
  document.set("checks_failed", result.checks_failed);
  document.set("route", result.route.is_null() ? Json::array() : result.route);
  document.set("ledger", result.ledger);
  return document;
}

runtime::RunResult result_of(Json const& document, Blobs& blobs) {
  runtime::RunResult result;
  result.run = document["run"].as_string();
  if (document["error"].is_object()) {
    result.outputs = error_of(document["error"]);
  } else {
    result.outputs = blobs.read(document["outputs"]);
  }
  result.checks_failed = document["checks_failed"].as_bool();
  result.route = document["route"];
  result.ledger = document["ledger"];
  return result;
}

}  // namespace shoal::http
