// SQLite as this program uses it: write-ahead log, waiting instead of failing when another process
// writes, versioned schemas. The library itself is included by database.cpp only.
//
//   auto database = TRY(Database::open(home.data + "/journal.db"));
//   TRY(database->migrate({"CREATE TABLE runs(id TEXT PRIMARY KEY, started INTEGER) STRICT"}));
//   TRY(database->run("INSERT INTO runs VALUES(?, ?)", id, started));
//   auto runs = TRY(database->prepare("SELECT id, started FROM runs WHERE started > ?"));
//   runs.bind(1, since);
//   while (TRY(runs.step())) use(runs.text(0), runs.integer(1));
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace shoal::store {

// Bytes to bind or read as a BLOB, where std::string_view means TEXT.
struct BlobView {
  std::string_view bytes;
};

// A prepared statement. Used by the thread that uses its Database; must not outlive it in use.
class Statement {
 public:
  // Sets parameter `index`, which counts from 1. Texts and bytes are copied. What cannot be bound (too
  // large) is reported by the next step().
  template <std::integral Integer> Statement& bind(int index, Integer value) {
    return bind_integer(index, static_cast<std::int64_t>(value));
  }
  Statement& bind(int index, double value);
  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, char const* text) { return bind(index, std::string_view(text)); }
  Statement& bind(int index, std::string const& text) { return bind(index, std::string_view(text)); }
  Statement& bind(int index, BlobView blob);
  Statement& bind(int index, std::nullptr_t);
  template <typename T> Statement& bind(int index, std::optional<T> const& value) {
    return value ? bind(index, *value) : bind(index, nullptr);
  }
  template <typename... Values> Statement& bind_all(Values const&... values) {
    int index = 0;
    (bind(++index, values), ...);
    return *this;
  }

  // true: a row stands ready to be read; false: there are no more, and the statement is reset, ready to
  // be bound and stepped again.
  Result<bool> step();
  // Steps to the end and drops rows: for INSERT, UPDATE, DELETE.
  Result<void> run();
  // Ends a reading before its last row, so that the rows' locks are given back.
  void reset();

  // Columns of the current row, counted from 0. Views hold until the next step() or reset().
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double number(int column) const;
  std::string_view text(int column) const;
  std::string_view blob(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Statement(sqlite3_stmt* statement, std::string context);
  Statement& bind_integer(int index, std::int64_t value);
  void note(int status);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  std::string context_;  // the database's file, for messages
  std::optional<Error> bind_error_;
};

// An open database file. Used by one thread at a time: put it in a Guarded where several need it.
// Several processes may have the same file open.
class Database {
 public:
  enum class Durability {
    full,     // a commit survives a power cut: records that cannot be made again
    relaxed,  // a commit survives a killed process; a power cut may lose the last ones: caches
  };

  // Makes the file and its folder where they are missing. invalid_argument: the file is no database or
  // is damaged. Another writer is waited for, up to `busy_timeout_ms`, then `busy`.
  static Result<std::unique_ptr<Database>> open(std::string const& file,
                                                Durability durability = Durability::full,
                                                int busy_timeout_ms = 10'000);
  // For tests and for what need not stay.
  static Result<std::unique_ptr<Database>> open_in_memory();

  Database(Database const&) = delete;
  Database& operator=(Database const&) = delete;
  ~Database();

  // Brings the schema to version `steps.size()`: step i takes it from version i to i + 1, each in a
  // transaction of its own. Steps are append-only once released. unsupported: the file was written by
  // a newer program.
  Result<void> migrate(std::initializer_list<std::string_view> steps);

  Result<Statement> prepare(std::string_view sql);
  // Runs a script of statements without parameters.
  Result<void> execute(std::string const& sql);
  // Prepares, binds and runs one statement.
  template <typename... Values> Result<void> run(std::string_view sql, Values const&... values) {
    auto statement = TRY(prepare(sql));
    return statement.bind_all(values...).run();
  }

  // Calls `work()`, which returns a Result: committed where that has a value, otherwise undone.
  // Not nested.
  template <typename Work> auto transaction(Work&& work) -> decltype(work()) {
    TRY(execute("BEGIN IMMEDIATE"));
    auto result = std::forward<Work>(work)();
    if (!result) {
      undo();
      return result;
    }
    auto committed = execute("COMMIT");
    if (!committed) {
      undo();
      return std::move(committed).error();
    }
    return result;
  }

  // The row id of the last INSERT, and how many rows the last statement changed.
  std::int64_t last_row_id() const;
  std::int64_t changed_rows() const;

 private:
  Database(sqlite3* connection, std::string name);
  static Result<std::unique_ptr<Database>> open_named(std::string const& name, Durability durability,
                                                      int busy_timeout_ms);
  Result<void> use_write_ahead_log(int busy_timeout_ms);
  Result<std::int64_t> schema_version();
  void undo();

  sqlite3* connection_;
  std::string name_;
};

}  // namespace shoal::store
