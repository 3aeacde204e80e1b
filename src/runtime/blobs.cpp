#include "runtime/blobs.h"

#include <optional>

#include "runtime/files.h"

namespace shoal::runtime {
namespace {

Result<value::BlobPtr> open_named_file(Json const& object, std::stop_token const& stop) {
  auto const path = TRY(require_string(object, "$file"));
  if (!path.starts_with('/'))
    return Error(Code::invalid_argument, "`$file` takes an absolute path, and `" + path + "` is none");
  auto blob = TRY(open_file(path, object["name"].as_string(), stop));
  auto const& hash = object["hash"].as_string();
  if (hash.empty() || hash == blob->hash().hex()) return blob;
  return Error(Code::unavailable, path + " is not what it was: it has been changed since");
}

Result<value::BlobPtr> open_artifact(Json const& object, Runtime const& runtime) {
  auto const text = TRY(require_string(object, "$artifact"));
  value::Blob::Facts facts;
  facts.hash = TRY(Sha256::from_hex(text).within("`$artifact`"));
  if (auto const& type = object["media_type"].as_string(); !type.empty()) facts.media_type = type;
  facts.name = object["name"].as_string();
  return runtime.kept(std::move(facts)).within("the artifact " + text);
}

}  // namespace

Result<value::BlobPtr> Blobs::read_blob(std::string_view kind, Json const& object) {
  if (kind == "$artifact") return open_artifact(object, runtime_);
  if (kind != "$file") {
    return Error(Code::unsupported,
                 "`" + std::string(kind) + "` is not taken here; give `$file` or `$artifact`");
  }
  auto const blob = TRY(open_named_file(object, stop_));
  known_.emplace(blob->hash(), object);
  return blob;
}

Result<Json> Blobs::write_blob(value::BlobPtr const& blob) {
  if (!blob->path().empty())
    return Json::object({{"$file", blob->path()}, {"name", blob->name()}, {"hash", blob->hash().hex()}});
  if (auto const known = known_.find(blob->hash()); known != known_.end()) return known->second;
  TRY(runtime_.keep(*blob));
  return value::describe_blob(blob);
}

Result<value::Value> Blobs::read(Json const& json) {
  return value::from_json(
      json, [this](std::string_view kind, Json const& object) { return read_blob(kind, object); });
}

Result<Json> Blobs::write(value::Value const& value) {
  std::optional<Error> failure;
  auto json = value::to_json(value, [&](value::BlobPtr const& blob) {
    auto written = write_blob(blob);
    if (written) return *written;
    if (!failure) failure = written.error();
    return Json();
  });
  if (failure) return *failure;
  return json;
}

void collect_artifacts(std::string_view json, std::set<Sha256>& into) {
  constexpr std::string_view kBefore = R"("$artifact":")";
  constexpr std::size_t kHexDigits = 64;
  for (auto at = json.find(kBefore); at != json.npos; at = json.find(kBefore, at)) {
    at += kBefore.size();
    if (auto const hash = Sha256::from_hex(json.substr(at, kHexDigits))) into.insert(*hash);
  }
}

}  // namespace shoal::runtime
