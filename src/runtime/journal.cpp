#include "runtime/journal.h"

#include <atomic>
#include <random>

namespace shoal::runtime {
namespace {

constexpr std::string_view kSchema = R"(
  CREATE TABLE runs(
    run TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER,
    error TEXT NOT NULL DEFAULT '',
    ledger TEXT NOT NULL DEFAULT 'null',
    route TEXT NOT NULL DEFAULT 'null') STRICT;
  CREATE INDEX runs_by_start ON runs(started);
  CREATE TABLE steps(
    run TEXT NOT NULL REFERENCES runs(run),
    step TEXT NOT NULL,
    callable TEXT NOT NULL,
    state TEXT NOT NULL,
    key TEXT NOT NULL,
    error TEXT NOT NULL,
    seconds REAL NOT NULL) STRICT;
  CREATE INDEX steps_by_run ON steps(run);
)";

// Where things came from.
constexpr std::string_view kProvenance = R"(
  ALTER TABLE runs ADD COLUMN inputs TEXT NOT NULL DEFAULT 'null';
  ALTER TABLE runs ADD COLUMN outputs TEXT NOT NULL DEFAULT 'null';
  ALTER TABLE runs ADD COLUMN program TEXT NOT NULL DEFAULT '';
  ALTER TABLE steps ADD COLUMN made_by TEXT NOT NULL DEFAULT 'null';
  ALTER TABLE steps ADD COLUMN inputs TEXT NOT NULL DEFAULT 'null';
  ALTER TABLE steps ADD COLUMN outputs TEXT NOT NULL DEFAULT 'null';
  CREATE INDEX steps_by_key ON steps(key) WHERE state = 'done' AND key != '';
)";

// What a run is resumed by.
constexpr std::string_view kResume = R"(
  ALTER TABLE runs ADD COLUMN "order" TEXT NOT NULL DEFAULT 'null';
  ALTER TABLE runs ADD COLUMN attempts INTEGER NOT NULL DEFAULT 1;
  CREATE INDEX runs_interrupted ON runs(started) WHERE state = 'interrupted';
)";

// When things ran.
constexpr std::string_view kTimes = R"(
  ALTER TABLE steps ADD COLUMN why_not_cached TEXT NOT NULL DEFAULT '';
  ALTER TABLE steps ADD COLUMN started INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE steps ADD COLUMN waited REAL NOT NULL DEFAULT 0;
  ALTER TABLE steps ADD COLUMN waited_load REAL NOT NULL DEFAULT 0;
  ALTER TABLE steps ADD COLUMN waited_cores REAL NOT NULL DEFAULT 0;
  ALTER TABLE steps ADD COLUMN worker INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE steps ADD COLUMN cores INTEGER NOT NULL DEFAULT 0;
)";

constexpr std::string_view kRunColumns =
    "SELECT run, name, state, started, ended, error, ledger, route, inputs, outputs, program, \"order\", "
    "attempts FROM runs ";
constexpr std::string_view kStepColumns =
    "SELECT step, callable, state, key, error, seconds, made_by, inputs, outputs, run, why_not_cached, "
    "started, waited, waited_load, waited_cores, worker, cores FROM steps ";

std::int64_t microseconds(WallTime time) { return time.time_since_epoch().count(); }
WallTime wall_time(std::int64_t microseconds) { return WallTime(std::chrono::microseconds(microseconds)); }

Json parse_or_null(std::string_view text) {
  auto parsed = Json::parse(text);
  return parsed ? std::move(*parsed) : Json();
}

RunRecord read_run(store::Statement const& row) {
  RunRecord record;
  record.run = row.text(0);
  record.name = row.text(1);
  record.state = row.text(2);
  record.started = wall_time(row.integer(3));
  if (!row.is_null(4)) record.ended = wall_time(row.integer(4));
  record.error = row.text(5);
  record.ledger = parse_or_null(row.text(6));
  record.route = parse_or_null(row.text(7));
  record.inputs = parse_or_null(row.text(8));
  record.outputs = parse_or_null(row.text(9));
  record.program = row.text(10);
  record.order = parse_or_null(row.text(11));
  record.attempts = static_cast<int>(row.integer(12));
  return record;
}

StepRecord read_step(store::Statement const& row) {
  StepRecord record;
  record.step = row.text(0);
  record.callable = row.text(1);
  record.state = row.text(2);
  record.key = row.text(3);
  record.error = row.text(4);
  record.seconds = row.number(5);
  record.made_by = parse_or_null(row.text(6));
  record.inputs = parse_or_null(row.text(7));
  record.outputs = parse_or_null(row.text(8));
  record.why_not_cached = row.text(10);
  record.started = wall_time(row.integer(11));
  record.waited = {row.number(12), row.number(13), row.number(14)};
  record.worker = static_cast<std::uint64_t>(row.integer(15));
  record.cores = static_cast<int>(row.integer(16));
  return record;
}

// The statements of every run, which are prepared once.
constexpr std::string_view kAddRun =
    "INSERT INTO runs(run, name, state, started, inputs, program, \"order\") "
    "VALUES(?, ?, 'running', ?, ?, ?, ?)";
constexpr std::string_view kEndRun =
    "UPDATE runs SET state = ?, ended = ?, error = ?, ledger = ?, route = ?, outputs = ? WHERE run = ?";
constexpr std::string_view kAddStep =
    "INSERT INTO steps(run, step, callable, state, key, error, seconds, made_by, inputs, outputs, "
    "why_not_cached, started, waited, waited_load, waited_cores, worker, cores) "
    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

Result<void> add_steps(store::Statement& insert, std::string const& run,
                       std::vector<StepRecord> const& steps) {
  for (auto const& step : steps) {
    TRY(insert
            .bind_all(run, step.step, step.callable, step.state, step.key, step.error, step.seconds,
                      step.made_by.dump(), step.inputs.dump(), step.outputs.dump(), step.why_not_cached,
                      microseconds(step.started), step.waited.all, step.waited.load, step.waited.cores,
                      static_cast<std::int64_t>(step.worker), step.cores)
            .run());
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(std::string const& file, LeaveToMend leave) {
  auto tables = TRY(Mending<Tables>::open(file, OnDamage::set_aside, std::move(leave), open_tables));
  return std::unique_ptr<Journal>(new Journal(std::move(tables)));
}

std::string_view step_of(std::string_view path) { return path.substr(0, path.find_first_of("[/")); }

Json to_json(RunRecord const& record) {
  Json document = Json::object({{"run", record.run},
                                {"name", record.name},
                                {"state", record.state},
                                {"started", to_rfc3339(record.started)}});
  if (record.ended) {
    document.set("ended", to_rfc3339(*record.ended));
    document.set("seconds", seconds(*record.ended - record.started));
  }
  if (!record.error.empty()) document.set("error", record.error);
  return document;
}

Result<Journal::Tables> Journal::open_tables(std::string const& file) {
  // A killed process loses nothing with `relaxed`; only a power cut may lose the last moments.
  auto database = TRY(store::Database::open(file, store::Database::Durability::relaxed));
  TRY(database->migrate({kSchema, kProvenance, kResume, kTimes}));
  auto add_run = TRY(database->prepare(kAddRun)), end_run = TRY(database->prepare(kEndRun));
  auto add_step = TRY(database->prepare(kAddStep));
  return Tables{std::move(database), std::move(add_run), std::move(end_run), std::move(add_step)};
}

Result<void> Journal::run_started(RunRecord const& record) {
  return tables_->use([&](Tables& tables) {
    return tables.add_run
        .bind_all(record.run, record.name, microseconds(record.started), record.inputs.dump(), record.program,
                  record.order.dump())
        .run();
  });
}

Result<void> Journal::run_resumed(std::string const& run) {
  return tables_->use([&](Tables& tables) {
    return tables.database->run(
        "UPDATE runs SET state = 'running', ended = NULL, error = '', attempts = attempts + 1 WHERE run = ?",
        run);
  });
}

Result<void> Journal::run_ended(RunRecord const& record, std::vector<StepRecord> const& steps) {
  return tables_->use([&](Tables& tables) {
    return tables.database->transaction([&]() -> Result<void> {
      TRY(add_steps(tables.add_step, record.run, steps));
      return tables.end_run
          .bind_all(record.state, microseconds(record.ended.value_or(record.started)), record.error,
                    record.ledger.dump(), record.route.dump(), record.outputs.dump(), record.run)
          .run();
    });
  });
}

Result<void> Journal::steps_ended(std::string const& run, std::vector<StepRecord> const& steps) {
  return tables_->use([&](Tables& tables) {
    return tables.database->transaction([&] { return add_steps(tables.add_step, run, steps); });
  });
}

Result<void> Journal::mark_interrupted() {
  return tables_->use([](Tables& tables) {
    return tables.database->run("UPDATE runs SET state = 'interrupted' WHERE state = 'running'");
  });
}

Result<void> Journal::prune(Bounds const& bounds) {
  constexpr std::string_view kOld =
      "(SELECT run FROM runs WHERE state != 'running' ORDER BY started DESC, run DESC LIMIT -1 OFFSET ?)";
  return tables_->use([&](Tables& tables) {
    auto& database = *tables.database;
    return database.transaction([&]() -> Result<void> {
      TRY(database.run("DELETE FROM steps WHERE rowid <= (SELECT MAX(rowid) FROM steps) - ?", bounds.steps));
      for (auto const* table : {"steps", "runs"})
        TRY(database.run("DELETE FROM " + std::string(table) + " WHERE run IN " + std::string(kOld),
                         bounds.runs));
      return {};
    });
  });
}

template <typename... Values>
Result<std::vector<RunRecord>> Journal::find_runs(std::string const& condition, Values const&... values) {
  return tables_->use([&](Tables& tables) -> Result<std::vector<RunRecord>> {
    auto query = TRY(tables.database->prepare(std::string(kRunColumns) + condition));
    query.bind_all(values...);
    std::vector<RunRecord> records;
    while (TRY(query.step())) records.push_back(read_run(query));
    return records;
  });
}

Result<std::vector<RunRecord>> Journal::runs(int limit) {
  return find_runs("ORDER BY started DESC, run DESC LIMIT ?", limit);
}

Result<std::vector<RunRecord>> Journal::interrupted() {
  return find_runs("WHERE state = 'interrupted' ORDER BY started, run");
}

Result<std::vector<RunRecord>> Journal::earlier_runs(std::string const& name, WallTime before, int limit) {
  return find_runs("WHERE name = ? AND started < ? ORDER BY started DESC LIMIT ?", name, microseconds(before),
                   limit);
}

Result<Journal::CacheUse> Journal::cache_use() {
  return tables_->use([](Tables& tables) -> Result<CacheUse> {
    auto query = TRY(tables.database->prepare(
        "SELECT count(*) FILTER (WHERE state = 'cached'), count(*) FILTER (WHERE state = 'done') FROM steps "
        "WHERE key != ''"));
    TRY(query.step());
    return CacheUse{static_cast<std::uint64_t>(query.integer(0)),
                    static_cast<std::uint64_t>(query.integer(1))};
  });
}

Result<std::vector<std::string>> Journal::keys_of_interrupted() {
  return tables_->use([&](Tables& tables) -> Result<std::vector<std::string>> {
    auto query = TRY(tables.database->prepare(
        "SELECT DISTINCT key FROM steps WHERE key != '' AND run IN (SELECT run FROM runs WHERE state = "
        "'interrupted')"));
    std::vector<std::string> keys;
    while (TRY(query.step())) keys.emplace_back(query.text(0));
    return keys;
  });
}

Result<RunRecord> Journal::find(std::string const& run) {
  auto records = TRY(find_runs("WHERE substr(run, 1, length(?1)) = ?1 LIMIT 2", run));
  if (run.empty() || records.empty())
    return Error(Code::not_found, "there is no run `" + run + "`; see `shoal runs`");
  if (records.size() > 1)
    return Error(Code::invalid_argument, "several runs begin with `" + run + "`; give more of it");
  return std::move(records.front());
}

Result<std::vector<StepRecord>> Journal::steps(std::string const& run) {
  return tables_->use([&](Tables& tables) -> Result<std::vector<StepRecord>> {
    auto query = TRY(tables.database->prepare(std::string(kStepColumns) + "WHERE run = ? ORDER BY rowid"));
    query.bind(1, run);
    std::vector<StepRecord> records;
    while (TRY(query.step())) records.push_back(read_step(query));
    return records;
  });
}

Result<std::optional<Journal::Origin>> Journal::origin_of(std::string const& key) {
  return tables_->use([&](Tables& tables) -> Result<std::optional<Origin>> {
    auto query = TRY(tables.database->prepare(
        std::string(kStepColumns) + "WHERE key = ? AND state = 'done' AND key != '' ORDER BY rowid LIMIT 1"));
    query.bind(1, key);
    if (!TRY(query.step())) return std::optional<Origin>();
    Origin origin{std::string(query.text(9)), read_step(query)};
    query.reset();
    return std::optional(std::move(origin));
  });
}

Result<std::vector<Json>> Journal::ledgers() {
  return tables_->use([](Tables& tables) -> Result<std::vector<Json>> {
    auto query = TRY(tables.database->prepare("SELECT ledger FROM runs WHERE ledger != 'null'"));
    std::vector<Json> ledgers;
    while (TRY(query.step())) ledgers.push_back(parse_or_null(query.text(0)));
    return ledgers;
  });
}

std::string new_run_id(WallTime now) {
  // Differs between processes that begin in the same millisecond.
  static std::uint64_t const first = std::random_device()();
  static std::atomic<std::uint64_t> counter{first};
  constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford's base 32
  auto const salt = counter++ & 0x7fff;
  auto rest = static_cast<std::uint64_t>(microseconds(now) / 1000) << 15 | salt;
  std::string id(12, '0');
  for (auto digit = id.rbegin(); digit != id.rend(); ++digit) {
    *digit = kDigits[rest & 31];
    rest >>= 5;
  }
  return id;
}

}  // namespace shoal::runtime
