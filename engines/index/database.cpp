#include "engines/index/database.h"

#include <sqlite3.h>

#include <utility>

#include "base/log.h"

namespace shoal::index_engine {
namespace {

// How often SQLite asks whether to stop, in steps of its virtual machine.
constexpr int kStepsBetweenQuestions = 500;

}  // namespace

Error error_of(int status, std::string_view detail, std::string const& file) {
  auto const what = file + ": " + std::string(detail);
  switch (status & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Error(Code::invalid_argument, "the shelf's index is damaged (" + what +
                                               "); delete that file and add the documents again");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error(Code::busy,
                   "the shelf is in use by another process (" + what + "); try again when it is done");
    case SQLITE_FULL: return Error(Code::unavailable, what + "; make room on that disk");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return Error(Code::unavailable, what + "; check the permissions of the shelf's folder and its disk");
    case SQLITE_NOMEM: return Error(Code::out_of_memory, what);
    case SQLITE_TOOBIG: return Error(Code::invalid_argument, what);
    case SQLITE_INTERRUPT: return Error(Code::cancelled, "stopped");
    default: return Error(Code::internal, what);
  }
}

void Query::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Query::reset() { sqlite3_reset(statement_.get()); }

int Query::bind(int index, std::int64_t value) { return sqlite3_bind_int64(statement_.get(), index, value); }

int Query::bind(int index, std::string const& value) {
  return sqlite3_bind_text64(statement_.get(), index, value.data(), value.size(), SQLITE_TRANSIENT,
                             SQLITE_UTF8);
}

Result<void> Query::outcome_of(int status) const {
  if (status != SQLITE_OK) return error_of(status, sqlite3_errstr(status), file_);
  return {};
}

Result<bool> Query::step() {
  int const status = sqlite3_step(statement_.get());
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) return false;
  return error_of(status, sqlite3_errmsg(sqlite3_db_handle(statement_.get())), file_);
}

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
double Query::number(int column) const { return sqlite3_column_double(statement_.get(), column); }
std::string Query::text(int column) const {
  auto const* data = reinterpret_cast<char const*>(sqlite3_column_text(statement_.get(), column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Database::~Database() { sqlite3_close_v2(connection_); }

Result<void> Database::connect(int busy_timeout_ms) {
  constexpr int kFlags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  int const status = sqlite3_open_v2(file_.c_str(), &connection_, kFlags, nullptr);
  if (status != SQLITE_OK)
    return error_of(status, connection_ != nullptr ? sqlite3_errmsg(connection_) : "no memory", file_);
  sqlite3_busy_timeout(connection_, busy_timeout_ms);
  sqlite3_progress_handler(connection_, kStepsBetweenQuestions, &Database::must_stop, this);
  // The lock before the log, or there would be a file of shared memory.
  TRY(script("PRAGMA temp_store=MEMORY; PRAGMA locking_mode=EXCLUSIVE; PRAGMA trusted_schema=OFF"));
  TRY(script("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=16777216"));
  return script("PRAGMA cache_size=-32768; PRAGMA foreign_keys=ON");
}

int Database::must_stop(void* database) {
  auto const& stop = static_cast<Database*>(database)->stop_;
  return stop && stop() ? 1 : 0;
}

Result<Query> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  int const status =
      sqlite3_prepare_v2(connection_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (status != SQLITE_OK) return error_of(status, sqlite3_errmsg(connection_), file_);
  return Query(statement, file_);
}

Result<void> Database::script(std::string const& sql) {
  int const status = sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr);
  if (status != SQLITE_OK) return error_of(status, sqlite3_errmsg(connection_), file_);
  return {};
}

Result<std::int64_t> Database::number(std::string_view sql) {
  auto statement = TRY(query(sql));
  return TRY(statement.step()) ? statement.integer(0) : 0;
}

std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(connection_); }

void Database::undo() {
  if (sqlite3_get_autocommit(connection_) != 0) return;  // some errors have undone all already
  auto const asked = std::exchange(stop_, nullptr);      // it must not stop this
  auto undone = script("ROLLBACK");
  if (!undone) log_warning("a change of a shelf could not be undone: " + undone.error().message());
  stop_ = asked;
}

}  // namespace shoal::index_engine
