#include "runtime/step_cache.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "value/json.h"

namespace shoal::runtime {
namespace {

constexpr std::string_view kSchema = R"(
  CREATE TABLE steps(
    key BLOB PRIMARY KEY,
    outputs TEXT,      -- NULL: in the artifact `artifact`
    artifact TEXT,
    evidence TEXT NOT NULL,
    used INTEGER NOT NULL) STRICT, WITHOUT ROWID;
)";

// All rows but the newest whose bytes together stay within the parameter.
constexpr std::string_view kDropOldest = R"(
  DELETE FROM steps WHERE key IN (
    SELECT key FROM (
      SELECT key, sum(coalesce(length(outputs), 0) + length(evidence) + 100) OVER (ORDER BY used DESC, key) AS bytes
      FROM steps)
    WHERE bytes > ?)
)";

// JSON over this size lies in the artifact store.
constexpr std::size_t kInlineBytes = 64u << 10;

std::string_view bytes_of(Sha256 const& hash) {
  return {reinterpret_cast<char const*>(hash.bytes.data()), hash.bytes.size()};
}

std::int64_t microseconds(WallTime time) { return time.time_since_epoch().count(); }

// Fields that cannot run into each other.
void add_field(Sha256Stream& stream, std::string_view field) {
  stream.update(std::to_string(field.size()) + ":");
  stream.update(field);
}

}  // namespace

Sha256 StepKey::hash() const {
  Sha256Stream stream;
  for (auto const& field : {engine, engine_version, program_version, operation, model})
    add_field(stream, field);
  add_field(stream, bytes_of(inputs));
  return stream.finish();
}

Result<std::unique_ptr<StepCache>> StepCache::open(std::string const& folder,
                                                   store::ArtifactStore& artifacts) {
  auto tables = TRY(Mending<Tables>::open(folder + "/steps.db", OnDamage::drop, {}, open_tables));
  return std::unique_ptr<StepCache>(new StepCache(std::move(tables), artifacts));
}

Result<StepCache::Tables> StepCache::open_tables(std::string const& file) {
  auto database = TRY(store::Database::open(file, store::Database::Durability::relaxed));
  TRY(database->migrate({kSchema}));
  auto select = TRY(database->prepare("SELECT outputs, artifact, evidence FROM steps WHERE key = ?"));
  auto insert = TRY(database->prepare("INSERT OR REPLACE INTO steps VALUES(?, ?, ?, ?, ?)"));
  return Tables{std::move(database), std::move(select), std::move(insert)};
}

Result<std::optional<CachedOutputs>> StepCache::find(Sha256 const& key, value::Value const& inputs) {
  auto const row = TRY(tables_->use([&](Tables& tables) -> Result<std::optional<Row>> {
    auto& select = tables.select;
    select.bind(1, store::BlobView{bytes_of(key)});
    if (!TRY(select.step())) return std::optional<Row>();
    Row found;
    if (!select.is_null(0)) found.outputs = select.text(0);
    if (!select.is_null(1)) found.artifact = select.text(1);
    found.evidence = select.text(2);
    select.reset();
    return std::optional(std::move(found));
  }));
  if (!row) return std::optional<CachedOutputs>();
  auto outputs = decode(*row, inputs);
  auto evidence = Json::parse(row->evidence);
  // Pruned or damaged: the step is run again and its outputs replace these.
  if (!outputs || !evidence) return std::optional<CachedOutputs>();
  hits_.with([&](auto& hits) { hits.insert(key); });
  return std::optional(CachedOutputs{std::move(*outputs), std::move(*evidence)});
}

Result<value::Value> StepCache::decode(Row const& row, value::Value const& inputs) {
  auto const given = value::blobs_of(inputs);
  auto const read_blob = [&](std::string_view kind, Json const& object) -> Result<value::BlobPtr> {
    if (kind == "$input") {
      auto const index = static_cast<std::size_t>(object[kind].as_integer());
      if (index < given.size()) return given[index];
      return Error(Code::not_found, "the outputs refer to an input that is not there");
    }
    auto const hash = TRY(Sha256::from_hex(object["$artifact"].as_string()));
    auto file = std::make_shared<os::MappedFile>(TRY(artifacts_.get(hash)));
    auto const bytes = file->bytes();
    value::Blob::Facts facts{object["media_type"].as_string(), object["name"].as_string(),
                             file->descriptor().get(), hash};
    return value::Blob::view(bytes, std::move(file), std::move(facts));
  };
  if (!row.artifact) return value::from_json(TRY(Json::parse(row.outputs.value_or(""))), read_blob);
  auto const artifact = TRY(artifacts_.get(TRY(Sha256::from_hex(*row.artifact))));
  return value::from_json(TRY(Json::parse(artifact.bytes())), read_blob);
}

Result<std::string> StepCache::encode(value::Value const& outputs, value::Value const& inputs) {
  auto const given = value::blobs_of(inputs);
  std::optional<Error> failure;
  auto json = value::to_json(outputs, [&](value::BlobPtr const& blob) {
    auto const input = std::find(given.begin(), given.end(), blob);
    if (input != given.end()) return Json::object({{"$input", input - given.begin()}});
    auto stored = artifacts_.put(blob->bytes(), blob->hash());
    if (!stored && !failure) failure = std::move(stored).error();
    return value::describe_blob(blob);
  });
  if (failure) return std::move(*failure);
  return json.dump();
}

Result<void> StepCache::put(std::vector<Entry> const& entries, WallTime now) {
  if (!entries.empty()) has_grown_ = true;
  std::vector<Row> rows;
  for (auto const& [key, value, inputs] : entries) {
    auto outputs = TRY(encode(value.outputs, inputs));
    Row row{std::nullopt, std::nullopt, value.evidence.dump()};
    if (outputs.size() > kInlineBytes) {
      auto const hash = sha256(outputs);
      TRY(artifacts_.put(outputs, hash));
      row.artifact = hash.hex();
    } else {
      row.outputs = std::move(outputs);
    }
    rows.push_back(std::move(row));
  }
  return tables_->use([&](Tables& tables) {
    return tables.database->transaction([&]() -> Result<void> {
      for (std::size_t i = 0; i < rows.size(); ++i) {
        tables.insert.bind_all(store::BlobView{bytes_of(entries[i].key)}, rows[i].outputs, rows[i].artifact,
                               rows[i].evidence, microseconds(now));
        TRY(tables.insert.run());
      }
      return {};
    });
  });
}

Result<void> StepCache::prune(Bounds const& bounds, WallTime now) {
  if (!has_grown_.exchange(false)) return {};
  auto const hits = hits_.with([](auto& all) { return std::exchange(all, {}); });
  TRY(tables_->use([&](Tables& tables) {
    return tables.database->transaction([&]() -> Result<void> {
      for (auto const& key : hits) {
        TRY(tables.database->run("UPDATE steps SET used = ? WHERE key = ?", microseconds(now),
                                 store::BlobView{bytes_of(key)}));
      }
      return tables.database->run(kDropOldest, static_cast<std::int64_t>(bounds.rows));
    });
  }));
  TRY(artifacts_.prune(bounds.artifacts, {}));
  return {};
}

}  // namespace shoal::runtime
