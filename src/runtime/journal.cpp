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

constexpr std::string_view kRunColumns =
    "SELECT run, name, state, started, ended, error, ledger, route FROM runs ";

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
  return record;
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(std::string const& file) {
  // A killed process loses nothing with `relaxed`; only a power cut may lose the last moments.
  auto database = TRY(store::Database::open(file, store::Database::Durability::relaxed));
  TRY(database->migrate({kSchema}));
  return std::unique_ptr<Journal>(new Journal(std::move(database)));
}

Result<void> Journal::run_started(std::string const& run, std::string const& name, WallTime now) {
  return database_->run("INSERT INTO runs(run, name, state, started) VALUES(?, ?, 'running', ?)", run, name,
                        microseconds(now));
}

Result<void> Journal::run_ended(RunRecord const& record) {
  return database_->run(
      "UPDATE runs SET state = ?, ended = ?, error = ?, ledger = ?, route = ? WHERE run = ?", record.state,
      microseconds(record.ended.value_or(record.started)), record.error, record.ledger.dump(),
      record.route.dump(), record.run);
}

Result<void> Journal::steps_ended(std::string const& run, std::vector<StepRecord> const& steps) {
  return database_->transaction([&]() -> Result<void> {
    auto insert = TRY(database_->prepare("INSERT INTO steps VALUES(?, ?, ?, ?, ?, ?, ?)"));
    for (auto const& step : steps) {
      TRY(insert.bind_all(run, step.step, step.callable, step.state, step.key, step.error, step.seconds)
              .run());
    }
    return {};
  });
}

Result<void> Journal::mark_interrupted() {
  return database_->run("UPDATE runs SET state = 'interrupted' WHERE state = 'running'");
}

Result<std::vector<RunRecord>> Journal::runs(int limit) {
  auto query = TRY(database_->prepare(std::string(kRunColumns) + "ORDER BY started DESC, run DESC LIMIT ?"));
  query.bind(1, limit);
  std::vector<RunRecord> records;
  while (TRY(query.step())) records.push_back(read_run(query));
  return records;
}

Result<RunRecord> Journal::find(std::string const& run) {
  auto query =
      TRY(database_->prepare(std::string(kRunColumns) + "WHERE substr(run, 1, length(?1)) = ?1 LIMIT 2"));
  query.bind(1, run);
  std::vector<RunRecord> records;
  while (TRY(query.step())) records.push_back(read_run(query));
  if (run.empty() || records.empty())
    return Error(Code::not_found, "there is no run `" + run + "`; see `shoal runs`");
  if (records.size() > 1)
    return Error(Code::invalid_argument, "several runs begin with `" + run + "`; give more of it");
  return std::move(records.front());
}

Result<std::vector<StepRecord>> Journal::steps(std::string const& run) {
  auto query =
      TRY(database_->prepare("SELECT step, callable, state, key, error, seconds FROM steps WHERE run = ?"));
  query.bind(1, run);
  std::vector<StepRecord> records;
  while (TRY(query.step())) {
    records.push_back({std::string(query.text(0)), std::string(query.text(1)), std::string(query.text(2)),
                       std::string(query.text(3)), std::string(query.text(4)), query.number(5)});
  }
  return records;
}

Result<std::vector<Json>> Journal::ledgers() {
  auto query = TRY(database_->prepare("SELECT ledger FROM runs WHERE ledger != 'null'"));
  std::vector<Json> ledgers;
  while (TRY(query.step())) ledgers.push_back(parse_or_null(query.text(0)));
  return ledgers;
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
