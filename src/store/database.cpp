#include "store/database.h"

#include <sqlite3.h>

#include "base/log.h"
#include "os/file.h"

namespace shoal::store {
namespace {

Code code_of(int status) {
  switch (status & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Code::busy;
    case SQLITE_NOMEM: return Code::out_of_memory;
    case SQLITE_CONSTRAINT: return Code::already_exists;
    case SQLITE_INTERRUPT: return Code::cancelled;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY: return Code::unavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_TOOBIG: return Code::invalid_argument;
    default: return Code::internal;
  }
}

std::string remedy(int status) {
  switch (status & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ": another process is writing to it; try again";
    case SQLITE_FULL: return ": make room on that disk and try again";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ": move the file away and it is made anew";
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY: return ": check the permissions of the file and its folder";
    default: return "";
  }
}

Error error_of(int status, std::string_view detail, std::string_view name) {
  return Error(code_of(status), std::string(name) + ": " + std::string(detail) + remedy(status));
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(sqlite3_stmt* statement, std::string context)
    : statement_(statement), context_(std::move(context)) {}

void Statement::note(int status) {
  CHECK(status != SQLITE_RANGE);   // the statement has no such parameter
  CHECK(status != SQLITE_MISUSE);  // bound in the middle of reading
  if (status != SQLITE_OK && !bind_error_) bind_error_ = error_of(status, sqlite3_errstr(status), context_);
}

Statement& Statement::bind_integer(int index, std::int64_t value) {
  note(sqlite3_bind_int64(statement_.get(), index, value));
  return *this;
}

Statement& Statement::bind(int index, double value) {
  note(sqlite3_bind_double(statement_.get(), index, value));
  return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
  // A null pointer would bind NULL where an empty text is meant.
  char const* data = text.data() != nullptr ? text.data() : "";
  note(sqlite3_bind_text64(statement_.get(), index, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(int index, BlobView blob) {
  char const* data = blob.bytes.data() != nullptr ? blob.bytes.data() : "";
  note(sqlite3_bind_blob64(statement_.get(), index, data, blob.bytes.size(), SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind(int index, std::nullptr_t) {
  note(sqlite3_bind_null(statement_.get(), index));
  return *this;
}

Result<bool> Statement::step() {
  if (bind_error_) {
    Error error = *std::exchange(bind_error_, std::nullopt);
    reset();
    return error;
  }
  int status = sqlite3_step(statement_.get());
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) {
    reset();
    return false;
  }
  Error error = error_of(status, sqlite3_errmsg(sqlite3_db_handle(statement_.get())), context_);
  reset();
  return error;
}

Result<void> Statement::run() {
  while (TRY(step())) {
  }
  return {};
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

double Statement::number(int column) const { return sqlite3_column_double(statement_.get(), column); }

std::string_view Statement::text(int column) const {
  auto const* data = reinterpret_cast<char const*>(sqlite3_column_text(statement_.get(), column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::string_view Statement::blob(int column) const {
  auto const* data = static_cast<char const*>(sqlite3_column_blob(statement_.get(), column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Database::Database(sqlite3* connection, std::string name) : connection_(connection), name_(std::move(name)) {}

Database::~Database() { sqlite3_close_v2(connection_); }

Result<std::unique_ptr<Database>> Database::open(std::string const& file, Durability durability,
                                                 int busy_timeout_ms) {
  auto const slash = file.rfind('/');
  if (slash != std::string::npos && slash > 0) TRY(os::make_folders(file.substr(0, slash)));
  return open_named(file, durability, busy_timeout_ms);
}

Result<std::unique_ptr<Database>> Database::open_in_memory() {
  return open_named(":memory:", Durability::relaxed, 0);
}

// Of processes that make a file at once, each may hold what the other needs; SQLite then fails at once
// instead of waiting.
Result<void> Database::use_write_ahead_log(int busy_timeout_ms) {
  constexpr int kPauseMs = 5;
  for (int waited_ms = 0;; waited_ms += kPauseMs) {
    auto used = execute("PRAGMA journal_mode=WAL");
    if (used || used.error().code() != Code::busy || waited_ms >= busy_timeout_ms) return used;
    sqlite3_sleep(kPauseMs);
  }
}

Result<std::unique_ptr<Database>> Database::open_named(std::string const& name, Durability durability,
                                                       int busy_timeout_ms) {
  sqlite3* connection = nullptr;
  constexpr int kFlags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  int status = sqlite3_open_v2(name.c_str(), &connection, kFlags, nullptr);
  if (connection == nullptr) return error_of(SQLITE_NOMEM, "cannot be opened", name);
  std::unique_ptr<Database> database(new Database(connection, name));
  if (status != SQLITE_OK) return error_of(status, sqlite3_errmsg(connection), name);
  TRY(database->use_write_ahead_log(busy_timeout_ms));
  sqlite3_busy_timeout(connection, busy_timeout_ms);
  bool full = durability == Durability::full;
  TRY(database->execute(full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL"));
  TRY(database->execute("PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF"));
  return database;
}

Result<std::int64_t> Database::schema_version() {
  auto statement = TRY(prepare("PRAGMA user_version"));
  std::int64_t version = TRY(statement.step()) ? statement.integer(0) : 0;
  statement.reset();
  return version;
}

Result<void> Database::migrate(std::initializer_list<std::string_view> steps) {
  auto const wanted = static_cast<std::int64_t>(steps.size());
  std::int64_t version = TRY(schema_version());
  while (version != wanted) {
    // Read again inside: another process may migrate the same file at the same time.
    version = TRY(transaction([&]() -> Result<std::int64_t> {
      std::int64_t now = TRY(schema_version());
      if (now > wanted) {
        return Error(Code::unsupported, name_ + " was written by a newer version of this program (schema " +
                                            std::to_string(now) + ", this one knows " +
                                            std::to_string(wanted) + "): use that version");
      }
      if (now == wanted) return now;
      TRY(execute(std::string(steps.begin()[now])));
      TRY(execute("PRAGMA user_version=" + std::to_string(now + 1)));
      return now + 1;
    }));
  }
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  int status =
      sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()), 0, &statement, nullptr);
  if (status != SQLITE_OK) return error_of(status, sqlite3_errmsg(connection_), name_);
  CHECK(statement != nullptr);  // an empty text is no statement
  return Statement(statement, name_);
}

Result<void> Database::execute(std::string const& sql) {
  int status = sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr);
  if (status != SQLITE_OK) return error_of(status, sqlite3_errmsg(connection_), name_);
  return {};
}

void Database::undo() {
  // Some errors (a full disk) have rolled back already.
  if (sqlite3_get_autocommit(connection_) != 0) return;
  auto undone = execute("ROLLBACK");
  if (!undone) log_warning("a transaction could not be undone: " + undone.error().message());
}

std::int64_t Database::last_row_id() const { return sqlite3_last_insert_rowid(connection_); }

std::int64_t Database::changed_rows() const { return sqlite3_changes64(connection_); }

}  // namespace shoal::store
