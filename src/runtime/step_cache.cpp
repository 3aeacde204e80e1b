#include "runtime/step_cache.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "runtime/blobs.h"
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

constexpr std::string_view kOfOneRun = R"(
  ALTER TABLE steps ADD COLUMN run TEXT;  -- that alone may have it
  CREATE INDEX steps_by_run ON steps(run) WHERE run IS NOT NULL;
)";

// Bytes of a row, its key and the table's own among them.
constexpr std::string_view kContents =
    "SELECT count(*), coalesce(sum(coalesce(length(outputs), 0) + length(evidence) + 100), 0), min(used) "
    "FROM steps";

// All rows but the newest whose bytes together stay within the parameter, and those in `kept`.
constexpr std::string_view kDropOldest = R"(
  DELETE FROM steps WHERE key IN (
    SELECT key FROM (
      SELECT key, sum(coalesce(length(outputs), 0) + length(evidence) + 100) OVER (ORDER BY used DESC, key) AS bytes
      FROM steps)
    WHERE bytes > ?)
  AND key NOT IN (SELECT key FROM kept)
)";

// What is kept in memory of the table.
constexpr std::size_t kMostBytesInMemory = 16u << 20;
constexpr std::size_t kMostBytesOfOne = 16u << 10;
constexpr std::size_t kBytesOfEvidence = 500;  // and of the rest, about

// JSON over this size lies in the artifact store.
constexpr std::size_t kInlineBytes = 64u << 10;

std::string_view bytes_of(Sha256 const& hash) {
  return {reinterpret_cast<char const*>(hash.bytes.data()), hash.bytes.size()};
}

std::optional<Sha256> hash_in(std::string_view bytes) {
  Sha256 hash;
  if (bytes.size() != hash.bytes.size()) return std::nullopt;
  std::memcpy(hash.bytes.data(), bytes.data(), bytes.size());
  return hash;
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
  TRY(database->migrate({kSchema, kOfOneRun}));
  auto select = TRY(database->prepare("SELECT outputs, artifact, evidence, run FROM steps WHERE key = ?"));
  auto insert = TRY(database->prepare("INSERT OR REPLACE INTO steps VALUES(?, ?, ?, ?, ?, ?)"));
  return Tables{std::move(database), std::move(select), std::move(insert)};
}

std::size_t StepCache::HashOfKey::operator()(Sha256 const& key) const {
  std::size_t hash = 0;
  std::memcpy(&hash, key.bytes.data(), sizeof hash);
  return hash;
}

// Blobs keep files open, and those of the inputs are each call's own.
void StepCache::remember(Sha256 const& key, CachedOutputs const& outputs) {
  auto const bytes = value::size_of(outputs.outputs) + kBytesOfEvidence;
  if (bytes > kMostBytesOfOne || !value::blobs_of(outputs.outputs).empty()) return;
  memory_.with([&](Memory& memory) {
    if (memory.bytes + bytes > kMostBytesInMemory) memory = {};
    if (memory.entries.insert_or_assign(key, outputs).second) memory.bytes += bytes;
  });
}

std::optional<CachedOutputs> StepCache::recall(Sha256 const& key) {
  return memory_.with([&](Memory const& memory) -> std::optional<CachedOutputs> {
    auto const found = memory.entries.find(key);
    return found == memory.entries.end() ? std::nullopt : std::optional(found->second);
  });
}

void StepCache::forget_all() {
  memory_.with([](Memory& memory) { memory = {}; });
}

Result<std::optional<CachedOutputs>> StepCache::find(Sha256 const& key, value::Value const& inputs) {
  if (auto known = recall(key)) {
    hits_.with([&](auto& hits) { hits.insert(key); });
    return known;
  }
  auto const row = TRY(tables_->use([&](Tables& tables) -> Result<std::optional<Row>> {
    auto& select = tables.select;
    select.bind(1, store::BlobView{bytes_of(key)});
    if (!TRY(select.step())) return std::optional<Row>();
    Row found;
    if (!select.is_null(0)) found.outputs = select.text(0);
    if (!select.is_null(1)) found.artifact = select.text(1);
    found.evidence = select.text(2);
    if (!select.is_null(3)) found.run = select.text(3);
    select.reset();
    return std::optional(std::move(found));
  }));
  if (!row) return std::optional<CachedOutputs>();
  auto outputs = decode(*row, inputs);
  auto evidence = Json::parse(row->evidence);
  // Pruned or damaged: the step is run again and its outputs replace these.
  if (!outputs || !evidence) return std::optional<CachedOutputs>();
  hits_.with([&](auto& hits) { hits.insert(key); });
  CachedOutputs found{std::move(*outputs), std::move(*evidence)};
  if (!row->run) remember(key, found);
  return std::optional(std::move(found));
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
  for (auto const& [key, value, inputs, run, encoded] : entries) {
    auto outputs = encoded ? encoded->text : TRY(encode(value.outputs, inputs));
    Row row{std::nullopt, std::nullopt, value.evidence.dump(), std::nullopt};
    if (!run.empty()) row.run = run;
    if (encoded && encoded->artifact) {
      row.artifact = encoded->artifact->hex();
    } else if (outputs.size() > kInlineBytes) {
      auto const hash = sha256(outputs);
      TRY(artifacts_.put(outputs, hash));
      row.artifact = hash.hex();
    } else {
      row.outputs = std::move(outputs);
    }
    rows.push_back(std::move(row));
  }
  TRY(tables_->use([&](Tables& tables) {
    return tables.database->transaction([&]() -> Result<void> {
      for (std::size_t i = 0; i < rows.size(); ++i) {
        tables.insert.bind_all(store::BlobView{bytes_of(entries[i].key)}, rows[i].outputs, rows[i].artifact,
                               rows[i].evidence, microseconds(now), rows[i].run);
        TRY(tables.insert.run());
      }
      return {};
    });
  }));
  for (auto const& entry : entries) {
    if (entry.run.empty() && !entry.encoded) remember(entry.key, entry.value);
  }
  return {};
}

Result<void> StepCache::forget(std::string const& run) {
  return tables_->use(
      [&](Tables& tables) { return tables.database->run("DELETE FROM steps WHERE run = ?", run); });
}

Result<void> StepCache::keep_keys_of(std::string const& run, Kept& kept, Tables& tables) {
  auto query = TRY(tables.database->prepare("SELECT key FROM steps WHERE run = ?"));
  query.bind(1, run);
  while (TRY(query.step())) {
    if (auto const key = hash_in(query.blob(0))) kept.keys.insert(*key);
  }
  return {};
}

// The artifacts of a row, and those that the JSON in one of them names.
Result<void> StepCache::keep_artifacts_of(Sha256 const& key, Kept& kept, Tables& tables) {
  auto& select = tables.select;
  select.bind(1, store::BlobView{bytes_of(key)});
  if (!TRY(select.step())) return {};
  collect_artifacts(select.text(0), kept.artifacts);
  auto const whole = Sha256::from_hex(select.text(1));
  select.reset();
  if (!whole) return {};
  kept.artifacts.insert(*whole);
  if (auto const artifact = artifacts_.get(*whole)) collect_artifacts(artifact->bytes(), kept.artifacts);
  return {};
}

Result<void> StepCache::prune(Bounds const& bounds, Kept kept, WallTime now) {
  has_grown_ = false;
  forget_all();
  auto const hits = hits_.with([](auto& all) { return std::exchange(all, {}); });
  TRY(tables_->use([&](Tables& tables) -> Result<void> {
    for (auto const& run : kept.runs) TRY(keep_keys_of(run, kept, tables));
    for (auto const& key : kept.keys) TRY(keep_artifacts_of(key, kept, tables));
    auto& database = *tables.database;
    return database.transaction([&]() -> Result<void> {
      for (auto const& key : hits)
        TRY(database.run("UPDATE steps SET used = ? WHERE key = ?", microseconds(now),
                         store::BlobView{bytes_of(key)}));
      TRY(database.execute("CREATE TEMP TABLE kept(key BLOB PRIMARY KEY)"));
      for (auto const& key : kept.keys)
        TRY(database.run("INSERT INTO kept VALUES(?)", store::BlobView{bytes_of(key)}));
      TRY(database.run(kDropOldest, static_cast<std::int64_t>(bounds.rows)));
      return database.execute("DROP TABLE kept");
    });
  }));
  TRY(artifacts_.prune(bounds.artifacts, kept.artifacts));
  return {};
}

Result<void> StepCache::shrink() {
  return tables_->use([](Tables& tables) { return tables.database->execute("VACUUM"); });
}

Result<StepCache::Contents> StepCache::contents() {
  return tables_->use([](Tables& tables) -> Result<Contents> {
    auto query = TRY(tables.database->prepare(kContents));
    TRY(query.step());
    Contents contents;
    contents.rows = static_cast<std::uint64_t>(query.integer(0));
    contents.bytes = static_cast<std::uint64_t>(query.integer(1));
    if (contents.rows > 0) contents.oldest = WallTime(std::chrono::microseconds(query.integer(2)));
    return contents;
  });
}

// Whether outputs and evidence can be read, and all artifacts are there that they name.
bool StepCache::is_whole(Row const& row) const {
  std::set<Sha256> named;
  std::string outputs = row.outputs.value_or("");
  if (row.artifact) {
    auto const hash = Sha256::from_hex(*row.artifact);
    auto const artifact = hash ? os::MappedFile::open(artifacts_.path(*hash)) : hash.error();
    if (!artifact) return false;
    outputs = artifact->bytes();
  }
  if (!Json::parse(outputs) || !Json::parse(row.evidence)) return false;
  collect_artifacts(outputs, named);
  return std::all_of(named.begin(), named.end(), [&](auto const& hash) { return artifacts_.contains(hash); });
}

Result<StepCache::Check> StepCache::verify() {
  forget_all();
  return tables_->use([&](Tables& tables) -> Result<Check> {
    Check check;
    std::vector<std::string> broken;
    auto query = TRY(tables.database->prepare("SELECT key, outputs, artifact, evidence FROM steps"));
    while (TRY(query.step())) {
      Row row;
      if (!query.is_null(1)) row.outputs = query.text(1);
      if (!query.is_null(2)) row.artifact = query.text(2);
      row.evidence = query.text(3);
      check.rows += 1;
      if (!is_whole(row)) broken.emplace_back(query.blob(0));
    }
    for (auto const& key : broken)
      TRY(tables.database->run("DELETE FROM steps WHERE key = ?", store::BlobView{key}));
    check.dropped = broken.size();
    return check;
  });
}

}  // namespace shoal::runtime
