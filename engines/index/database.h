// A SQLite database of one process: queries, transactions, a reason to stop. For this engine only; one thread
// at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace shoal::index_engine {

// What a status of the library means for `file`, and what to do.
Error error_of(int status, std::string_view detail, std::string const& file);

// A prepared statement with its parameters bound. Reads rows until step() gives false.
class Query {
 public:
  // Parameters are std::string or std::int64_t.
  template <typename... Values> Result<void> bind_all(Values const&... values) {
    reset();
    int index = 0;
    int status = 0;
    ((status = status == 0 ? bind(++index, values) : status), ...);
    return outcome_of(status);
  }
  Result<bool> step();

  std::int64_t integer(int column) const;
  double number(int column) const;
  std::string text(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Query(sqlite3_stmt* statement, std::string file) : statement_(statement), file_(std::move(file)) {}
  void reset();
  int bind(int index, std::int64_t value);
  int bind(int index, std::string const& value);
  Result<void> outcome_of(int status) const;

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  std::string file_;
};

class Database {
 public:
  explicit Database(std::string file) : file_(std::move(file)) {}
  Database(Database const&) = delete;
  Database& operator=(Database const&) = delete;
  ~Database();

  // Makes the file where there is none. Once, before all else.
  Result<void> connect(int busy_timeout_ms);

  template <typename... Values> Result<Query> query(std::string_view sql, Values const&... values) {
    auto statement = TRY(prepare(sql));
    TRY(statement.bind_all(values...));
    return statement;
  }
  template <typename... Values> Result<void> run(std::string_view sql, Values const&... values) {
    auto statement = TRY(query(sql, values...));
    while (TRY(statement.step())) {
    }
    return {};
  }
  // Several statements without parameters.
  Result<void> script(std::string const& sql);
  // The first column of the first row; 0 without one.
  Result<std::int64_t> number(std::string_view sql);
  std::int64_t last_row() const;

  // Calls `work()`, which gives a Result: kept where that has a value, otherwise undone.
  template <typename Work> auto transaction(Work work) -> decltype(work()) {
    TRY(script("BEGIN IMMEDIATE"));
    auto result = work();
    auto committed = result ? script("COMMIT") : Result<void>();
    if (result && committed) return result;
    undo();
    return result ? std::move(committed).error() : std::move(result).error();
  }

  // Asked often while a statement runs; where it gives true, the statement ends with `cancelled`.
  void set_stop(std::function<bool()> stop) { stop_ = std::move(stop); }
  sqlite3* connection() const { return connection_; }
  std::string const& file() const { return file_; }

 private:
  Result<Query> prepare(std::string_view sql);
  void undo();
  static int must_stop(void* database);

  std::string file_;
  sqlite3* connection_ = nullptr;
  std::function<bool()> stop_;
};

}  // namespace shoal::index_engine
