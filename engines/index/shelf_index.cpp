#include "engines/index/shelf_index.h"

#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <new>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "engines/index/words.h"

namespace shoal::index_engine {
namespace {

constexpr std::int64_t kApplication = 0x5368656c;  // "Shel", in the file's header
constexpr std::int64_t kFormat = 1;
// How often SQLite asks whether to stop, in steps of its virtual machine.
constexpr int kStepsBetweenQuestions = 500;

// BM25 (Robertson and Zaragoza 2009), chosen on two collections of abstracts, Cranfield and CACM: nDCG@10
// 0.391 and 0.518, 0.349 and 0.483 with k1 0.9, b 0.4 and text alone. The passages of a book share its title,
// so a word there counts little more than one of the text.
constexpr double kK1 = 1.5;
constexpr double kB = 0.6;
constexpr double kTitleWeight = 1.5;

// Terms of a query that are looked at, the rarest first, and passages that are scored: beyond that a term
// only adds to the score of passages that rarer ones found.
constexpr std::size_t kMostTerms = 64;
constexpr std::int64_t kMostScored = 20'000;

auto constexpr kSchema = R"(
CREATE TABLE documents(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
  pages INTEGER NOT NULL, hash TEXT NOT NULL, digest TEXT NOT NULL) STRICT;
CREATE TABLE passages(id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents(id),
  label TEXT NOT NULL, page INTEGER NOT NULL, text TEXT NOT NULL, boxes TEXT NOT NULL) STRICT;
CREATE INDEX passages_by_document ON passages(document);
CREATE VIEW searchable AS SELECT passages.id AS id, documents.title AS title, passages.text AS text
  FROM passages JOIN documents ON documents.id = passages.document;
CREATE VIRTUAL TABLE words USING fts5(title, text, content=searchable, content_rowid=id, tokenize=shelf);
)";

// Errors

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

// The library's objects

struct Close {
  void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Connection = std::unique_ptr<sqlite3, Close>;

// A prepared statement with its parameters bound. Reads rows until step() gives false.
class Query {
 public:
  template <typename... Values>
  static Result<Query> prepare(sqlite3* connection, std::string const& file, std::string_view sql,
                               Values const&... values) {
    sqlite3_stmt* statement = nullptr;
    int const status =
        sqlite3_prepare_v2(connection, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
    if (status != SQLITE_OK) return error_of(status, sqlite3_errmsg(connection), file);
    Query query(statement, file);
    TRY(query.bind_all(values...));
    return query;
  }

  template <typename... Values> Result<void> bind_all(Values const&... values) {
    sqlite3_reset(statement_.get());
    int index = 0;
    int status = SQLITE_OK;
    ((status = status == SQLITE_OK ? bind(++index, values) : status), ...);
    if (status != SQLITE_OK) return error_of(status, sqlite3_errstr(status), file_);
    return {};
  }

  Result<bool> step() {
    int const status = sqlite3_step(statement_.get());
    if (status == SQLITE_ROW) return true;
    if (status == SQLITE_DONE) return false;
    return error_of(status, sqlite3_errmsg(sqlite3_db_handle(statement_.get())), file_);
  }

  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  double number(int column) const { return sqlite3_column_double(statement_.get(), column); }
  std::string text(int column) const {
    auto const* data = reinterpret_cast<char const*>(sqlite3_column_text(statement_.get(), column));
    if (data == nullptr) return {};
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
  }

 private:
  Query(sqlite3_stmt* statement, std::string file) : statement_(statement), file_(std::move(file)) {}

  int bind(int index, std::int64_t value) { return sqlite3_bind_int64(statement_.get(), index, value); }
  int bind(int index, std::string const& value) {
    return sqlite3_bind_text64(statement_.get(), index, value.data(), value.size(), SQLITE_TRANSIENT,
                               SQLITE_UTF8);
  }

  std::unique_ptr<sqlite3_stmt, Close> statement_;
  std::string file_;
};

// The tokenizer: that of SQLite, between prepare() and cut().

using TakeToken = int (*)(void*, int, char const*, int, int, int);

struct Tokenizer {
  fts5_tokenizer inner{};
  Fts5Tokenizer* instance = nullptr;
  ~Tokenizer() {
    if (instance != nullptr) inner.xDelete(instance);
  }

  // Calls `take(term)`, which gives SQLITE_OK to go on. Only memory can be lacking.
  template <typename Take> int tokenize(std::string_view text, Side side, Take take) const {
    struct Pass {
      Take& take;
      Side side;
      int status = SQLITE_OK;
    } pass{take, side};
    auto const prepared = prepare(text);
    auto each_word = [](void* context, int, char const* word, int size, int, int) -> int {
      auto& on = *static_cast<Pass*>(context);
      try {
        cut({word, static_cast<std::size_t>(size)}, on.side, [&](std::string_view term) {
          if (on.status == SQLITE_OK) on.status = on.take(term);
        });
      } catch (std::bad_alloc const&) {
        on.status = SQLITE_NOMEM;
      }
      return on.status;
    };
    return inner.xTokenize(instance, &pass, FTS5_TOKENIZE_DOCUMENT, prepared.data(),
                           static_cast<int>(prepared.size()), each_word);
  }
};

Tokenizer const& as_tokenizer(Fts5Tokenizer* opaque) { return *reinterpret_cast<Tokenizer*>(opaque); }

int make_tokenizer(fts5_api* api, Tokenizer& tokenizer) {
  void* context = nullptr;
  int const status = api->xFindTokenizer(api, "porter", &context, &tokenizer.inner);
  if (status != SQLITE_OK) return status;
  char const* arguments[] = {"unicode61", "remove_diacritics", "2"};
  return tokenizer.inner.xCreate(context, arguments, 3, &tokenizer.instance);
}

int create_tokenizer(void* api, char const**, int, Fts5Tokenizer** out) {
  std::unique_ptr<Tokenizer> tokenizer(new (std::nothrow) Tokenizer);
  if (!tokenizer) return SQLITE_NOMEM;
  int const status = make_tokenizer(static_cast<fts5_api*>(api), *tokenizer);
  if (status == SQLITE_OK) *out = reinterpret_cast<Fts5Tokenizer*>(tokenizer.release());
  return status;
}

void delete_tokenizer(Fts5Tokenizer* tokenizer) { delete reinterpret_cast<Tokenizer*>(tokenizer); }

int run_tokenizer(Fts5Tokenizer* opaque, void* context, int flags, char const* text, int size,
                  TakeToken take) {
  std::string_view const given(text, static_cast<std::size_t>(size));
  // Our queries are made of terms already, and stemming twice would change them.
  if ((flags & FTS5_TOKENIZE_QUERY) != 0) return take(context, 0, text, size, 0, size);
  try {
    return as_tokenizer(opaque).tokenize(given, Side::document, [&](std::string_view term) {
      return take(context, 0, term.data(), static_cast<int>(term.size()), 0, size);
    });
  } catch (std::bad_alloc const&) {
    return SQLITE_NOMEM;
  }
}

// The ranking

// The query that runs, by the phrases of its expression.
struct Ranking {
  std::vector<double> documents;  // passages with the term
  std::vector<double> counts;     // how often the query has it; 0: a repetition in the expression
  std::vector<double> weights;    // known with the first passage
  std::vector<double> found;      // in the passage at hand
  double mean_length = 1;
};

int prepare_ranking(Fts5ExtensionApi const* api, Fts5Context* context, Ranking& ranking) {
  sqlite3_int64 rows = 0, words = 0;
  int status = api->xRowCount(context, &rows);
  if (status == SQLITE_OK) status = api->xColumnTotalSize(context, 1, &words);
  if (status != SQLITE_OK) return status;
  auto const total = static_cast<double>(std::max<sqlite3_int64>(rows, 1));
  ranking.mean_length = std::max(1.0, static_cast<double>(words) / total);
  for (std::size_t i = 0; i < ranking.counts.size(); ++i) {
    auto const with = std::min(ranking.documents[i], total);
    ranking.weights.push_back(ranking.counts[i] * std::log(1 + (total - with + 0.5) / (with + 0.5)));
  }
  return SQLITE_OK;
}

int count_terms(Fts5ExtensionApi const* api, Fts5Context* context, Ranking& ranking) {
  ranking.found.assign(ranking.weights.size(), 0);
  int places = 0;
  int status = api->xInstCount(context, &places);
  for (int i = 0; i < places && status == SQLITE_OK; ++i) {
    int phrase = 0, column = 0, offset = 0;
    status = api->xInst(context, i, &phrase, &column, &offset);
    if (static_cast<std::size_t>(phrase) < ranking.found.size()) {
      ranking.found[static_cast<std::size_t>(phrase)] += column == 0 ? kTitleWeight : 1;
    }
  }
  return status;
}

void rank(Fts5ExtensionApi const* api, Fts5Context* context, sqlite3_context* result, int, sqlite3_value**) {
  auto& ranking = *static_cast<Ranking*>(api->xUserData(context));
  int length = 0;
  int status = ranking.weights.empty() ? prepare_ranking(api, context, ranking) : SQLITE_OK;
  if (status == SQLITE_OK) status = count_terms(api, context, ranking);
  if (status == SQLITE_OK) status = api->xColumnSize(context, 1, &length);
  if (status != SQLITE_OK) return sqlite3_result_error_code(result, status);
  auto const norm = kK1 * (1 - kB + kB * length / ranking.mean_length);
  double score = 0;
  for (std::size_t i = 0; i < ranking.found.size(); ++i) {
    score += ranking.weights[i] * ranking.found[i] * (kK1 + 1) / (ranking.found[i] + norm);
  }
  sqlite3_result_double(result, score);
}

fts5_api* find_fts5(sqlite3* connection) {
  fts5_api* api = nullptr;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(connection, "SELECT fts5(?1)", -1, &statement, nullptr) == SQLITE_OK) {
    sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", nullptr);
    sqlite3_step(statement);
  }
  sqlite3_finalize(statement);
  return api;
}

// Passages as they are kept

std::string boxes_as_text(std::vector<value::Box> const& boxes) {
  auto list = Json::array();
  for (auto const& box : boxes) list.push(Json::array({box[0], box[1], box[2], box[3]}));
  return list.dump();
}

std::vector<value::Box> boxes_from_text(std::string const& text) {
  std::vector<value::Box> boxes;
  auto const list = Json::parse(text);
  if (!list) return boxes;
  for (auto const& item : list->as_array()) {
    value::Box box{};
    for (std::size_t i = 0; i < box.size() && i < item.as_array().size(); ++i)
      box[i] = item.as_array()[i].as_number();
    boxes.push_back(box);
  }
  return boxes;
}

// One term of a query.
struct Term {
  std::string text;
  double count = 0;            // in the query
  std::int64_t documents = 0;  // passages that have it
};

std::string any_of(std::vector<Term> const& terms, std::size_t begin, std::size_t end) {
  std::string out;
  for (auto i = begin; i < end; ++i) {
    // Terms consist of letters and digits; a quotation mark would have been a gap between them.
    out += (out.empty() ? "\"" : " OR \"") + terms[i].text + (is_prefix(terms[i].text) ? "\" *" : "\"");
  }
  return out;
}

}  // namespace

// The connection and what belongs to it, in the order of their making.
struct ShelfIndex::Parts {
  std::string file;
  std::function<bool()> stop;
  Ranking ranking;
  Tokenizer tokenizer;
  Connection connection;
  std::set<std::string, std::less<>> stop_terms;

  template <typename... Values> Result<Query> query(std::string_view sql, Values const&... values) {
    return Query::prepare(connection.get(), file, sql, values...);
  }

  template <typename... Values> Result<void> run(std::string_view sql, Values const&... values) {
    auto statement = TRY(query(sql, values...));
    while (TRY(statement.step())) {
    }
    return {};
  }

  Result<void> script(char const* sql) {
    int const status = sqlite3_exec(connection.get(), sql, nullptr, nullptr, nullptr);
    if (status != SQLITE_OK) return error_of(status, sqlite3_errmsg(connection.get()), file);
    return {};
  }

  Result<std::int64_t> number(char const* sql) {
    auto statement = TRY(query(sql));
    return TRY(statement.step()) ? statement.integer(0) : 0;
  }

  // Calls `work()`, which gives a Result: kept where that has a value, otherwise undone.
  template <typename Work> auto transaction(Work work) -> decltype(work()) {
    TRY(script("BEGIN IMMEDIATE"));
    auto result = work();
    auto committed = result ? script("COMMIT") : Result<void>();
    if (result && committed) return result;
    undo();
    return result ? std::move(committed).error() : std::move(result).error();
  }

  void undo() {
    if (sqlite3_get_autocommit(connection.get()) != 0) return;  // some errors have undone all already
    auto const asked = std::exchange(stop, nullptr);            // it must not stop this
    auto undone = script("ROLLBACK");
    if (!undone) log_warning("a change of a shelf could not be undone: " + undone.error().message());
    stop = asked;
  }

  Result<void> connect(int busy_timeout_ms) {
    sqlite3* opened = nullptr;
    constexpr int kFlags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int const status = sqlite3_open_v2(file.c_str(), &opened, kFlags, nullptr);
    connection.reset(opened);
    if (status != SQLITE_OK)
      return error_of(status, opened != nullptr ? sqlite3_errmsg(opened) : "no memory", file);
    sqlite3_busy_timeout(opened, busy_timeout_ms);
    sqlite3_progress_handler(opened, kStepsBetweenQuestions, &Parts::must_stop, this);
    // The lock before the log, or there would be a file of shared memory.
    TRY(script("PRAGMA temp_store=MEMORY; PRAGMA locking_mode=EXCLUSIVE; PRAGMA trusted_schema=OFF"));
    TRY(script("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=16777216"));
    return script("PRAGMA cache_size=-32768; PRAGMA foreign_keys=ON");
  }

  static int must_stop(void* parts) {
    auto const& stop = static_cast<Parts*>(parts)->stop;
    return stop && stop() ? 1 : 0;
  }

  Result<void> add_extensions() {
    auto* api = find_fts5(connection.get());
    if (api == nullptr) return Error(Code::unsupported, "this SQLite has no FTS5; install one that has it");
    fts5_tokenizer own{create_tokenizer, delete_tokenizer, run_tokenizer};
    int status = make_tokenizer(api, tokenizer);
    if (status == SQLITE_OK) status = api->xCreateTokenizer(api, "shelf", api, &own, nullptr);
    if (status == SQLITE_OK) status = api->xCreateFunction(api, "shelf_rank", &ranking, rank, nullptr);
    if (status != SQLITE_OK) return error_of(status, sqlite3_errstr(status), file);
    for (auto& term : TRY(terms_of(stop_words()))) stop_terms.insert(std::move(term.text));
    return {};
  }

  Result<void> make_schema() {
    auto const format = TRY(number("PRAGMA user_version"));
    auto const application = TRY(number("PRAGMA application_id"));
    if (format == 0 && application == 0 && TRY(number("SELECT count(*) FROM sqlite_schema")) == 0) {
      TRY(transaction([&]() -> Result<void> {
        TRY(script(kSchema));
        TRY(script(("PRAGMA application_id=" + std::to_string(kApplication)).c_str()));
        return script(("PRAGMA user_version=" + std::to_string(kFormat)).c_str());
      }));
    } else if (application != kApplication) {
      return Error(Code::invalid_argument, file + " is not the index of a shelf; move it away");
    } else if (format != kFormat) {
      return Error(Code::unsupported, file + " was written by a newer shoal (format " +
                                          std::to_string(format) + ", this one knows " +
                                          std::to_string(kFormat) +
                                          "); use that one, or delete the "
                                          "file and add the documents again");
    }
    return script("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, words, row)");
  }

  // The different terms of a query, in its order.
  Result<std::vector<Term>> terms_of(std::string_view text) {
    std::vector<Term> terms;
    std::unordered_map<std::string, std::size_t> places;
    int const status = tokenizer.tokenize(text, Side::query, [&](std::string_view term) {
      auto const [place, is_new] = places.try_emplace(std::string(term), terms.size());
      if (is_new) terms.push_back({std::string(term)});
      terms[place->second].count += 1;
      return SQLITE_OK;
    });
    if (status != SQLITE_OK) return error_of(status, sqlite3_errstr(status), file);
    return terms;
  }

  // Those worth looking for, the rarest first.
  Result<std::vector<Term>> choose_terms(std::string_view text) {
    auto terms = TRY(terms_of(text));
    auto const is_stop_word = [&](Term const& term) { return stop_terms.contains(term.text); };
    if (!std::all_of(terms.begin(), terms.end(), is_stop_word)) std::erase_if(terms, is_stop_word);
    auto exact = TRY(query("SELECT doc FROM temp.vocabulary WHERE term = ?"));
    auto prefix = TRY(query("SELECT sum(doc) FROM temp.vocabulary WHERE term >= ? AND term < ?"));
    for (auto& term : terms) {
      auto& statement = is_prefix(term.text) ? prefix : exact;
      if (is_prefix(term.text)) {
        TRY(statement.bind_all(term.text, term.text + "\xF4\x8F\xBF\xBF"));
      } else {
        TRY(statement.bind_all(term.text));
      }
      if (TRY(statement.step())) term.documents = statement.integer(0);
    }
    std::erase_if(terms, [](Term const& term) { return term.documents == 0; });
    std::stable_sort(terms.begin(), terms.end(),
                     [](Term const& a, Term const& b) { return a.documents < b.documents; });
    if (terms.size() > kMostTerms) terms.resize(kMostTerms);
    return terms;
  }

  // The FTS5 expression for the terms, and how the ranking weighs its phrases.
  std::string expression_for(std::vector<Term> const& terms) {
    std::size_t leading = 1;
    auto scored = terms[0].documents;
    while (leading < terms.size() && scored + terms[leading].documents <= kMostScored)
      scored += terms[leading++].documents;
    ranking = {};
    auto add = [&](Term const& term, double count) {
      ranking.documents.push_back(static_cast<double>(term.documents));
      ranking.counts.push_back(count);
    };
    for (std::size_t i = 0; i < leading; ++i) add(terms[i], terms[i].count);
    auto const led = any_of(terms, 0, leading);
    if (leading == terms.size()) return led;
    for (std::size_t i = 0; i < leading; ++i) add(terms[i], 0);
    for (std::size_t i = leading; i < terms.size(); ++i) add(terms[i], terms[i].count);
    return led + " OR ((" + led + ") AND (" + any_of(terms, leading, terms.size()) + "))";
  }

  Result<value::Passage> passage(std::int64_t id) {
    auto row =
        TRY(query("SELECT label, name, title, page, text, boxes FROM passages JOIN documents ON documents.id "
                  "= document "
                  "WHERE passages.id = ?",
                  id));
    if (!TRY(row.step())) return error_of(SQLITE_CORRUPT, "a passage is missing", file);
    return value::Passage{row.text(0),    row.text(1), row.text(2),
                          row.integer(3), row.text(4), boxes_from_text(row.text(5))};
  }

  // The document's row, 0 where there is none.
  Result<std::int64_t> find(std::string const& name) {
    auto row = TRY(query("SELECT id FROM documents WHERE name = ?", name));
    return TRY(row.step()) ? row.integer(0) : 0;
  }

  Result<std::int64_t> delete_document(std::int64_t id) {
    auto rows =
        TRY(query("SELECT passages.id, title, text FROM passages JOIN documents ON documents.id = document "
                  "WHERE document = ?",
                  id));
    auto forget = TRY(query("INSERT INTO words(words, rowid, title, text) VALUES('delete', ?, ?, ?)"));
    std::int64_t count = 0;
    for (; TRY(rows.step()); ++count) {
      TRY(forget.bind_all(rows.integer(0), rows.text(1), rows.text(2)));
      TRY(forget.step());
    }
    TRY(run("DELETE FROM passages WHERE document = ?", id));
    TRY(run("DELETE FROM documents WHERE id = ?", id));
    return count;
  }

  Result<void> insert_document(Document const& document, std::vector<value::Passage> const& passages) {
    TRY(run("INSERT INTO documents(name, title, pages, hash, digest) VALUES(?, ?, ?, ?, ?)", document.name,
            document.title, document.pages, document.hash, document.digest));
    std::int64_t const id = sqlite3_last_insert_rowid(connection.get());
    auto keep = TRY(query("INSERT INTO passages(document, label, page, text, boxes) VALUES(?, ?, ?, ?, ?)"));
    auto learn = TRY(query("INSERT INTO words(rowid, title, text) VALUES(?, ?, ?)"));
    for (auto const& passage : passages) {
      TRY(keep.bind_all(id, passage.id, passage.page, passage.text, boxes_as_text(passage.boxes)));
      TRY(keep.step());
      TRY(learn.bind_all(std::int64_t{sqlite3_last_insert_rowid(connection.get())}, document.title,
                         passage.text));
      TRY(learn.step());
    }
    return {};
  }
};

ShelfIndex::ShelfIndex(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ShelfIndex::~ShelfIndex() = default;

void ShelfIndex::prepare_library() {
  sqlite3_initialize();
  unsigned char seed = 0;
  sqlite3_randomness(sizeof seed, &seed);
}

Result<std::unique_ptr<ShelfIndex>> ShelfIndex::open(std::string const& folder, int busy_timeout_ms) {
  auto parts = std::make_unique<Parts>();
  parts->file = folder + "/index.db";
  TRY(parts->connect(busy_timeout_ms));
  TRY(parts->add_extensions());
  TRY(parts->make_schema());
  return std::unique_ptr<ShelfIndex>(new ShelfIndex(std::move(parts)));
}

void ShelfIndex::set_stop(std::function<bool()> stop) { parts_->stop = std::move(stop); }

std::uint64_t ShelfIndex::memory_bytes() const { return static_cast<std::uint64_t>(sqlite3_memory_used()); }

Result<ShelfIndex::Change> ShelfIndex::put(Document const& document,
                                           std::vector<value::Passage> const& passages) {
  auto known = TRY(parts_->query("SELECT hash, digest FROM documents WHERE name = ?", document.name));
  bool exists = TRY(known.step());
  if (exists && known.text(0) == document.hash && known.text(1) == document.digest) return Change::unchanged;
  TRY(known.bind_all(document.name));  // gives its lock back
  TRY(parts_->transaction([&]() -> Result<void> {
    auto const id = TRY(parts_->find(document.name));
    if (id != 0) TRY(parts_->delete_document(id));
    return parts_->insert_document(document, passages);
  }));
  return exists ? Change::replaced : Change::added;
}

Result<std::int64_t> ShelfIndex::remove(std::string const& name) {
  return parts_->transaction([&]() -> Result<std::int64_t> {
    auto const id = TRY(parts_->find(name));
    if (id != 0) return parts_->delete_document(id);
    std::vector<std::string> names;
    auto rows = TRY(parts_->query("SELECT name FROM documents ORDER BY name LIMIT 1000"));
    while (TRY(rows.step())) names.push_back(rows.text(0));
    auto const hint = did_you_mean(name, names);
    return Error(Code::not_found, "the shelf has no document `" + printable(name) + "`; " +
                                      (hint.empty() ? "`shoal shelf list` shows what it has" : hint));
  });
}

Result<std::vector<ListedDocument>> ShelfIndex::list() {
  std::vector<ListedDocument> list;
  auto rows =
      TRY(parts_->query("SELECT name, title, pages, hash, digest, (SELECT count(*) FROM passages WHERE "
                        "document = documents.id) "
                        "FROM documents ORDER BY name"));
  while (TRY(rows.step())) {
    list.push_back(
        {{rows.text(0), rows.text(1), rows.integer(2), rows.text(3), rows.text(4)}, rows.integer(5)});
  }
  return list;
}

Result<std::vector<value::Passage>> ShelfIndex::search(std::string_view query, std::int64_t top) {
  std::vector<value::Passage> hits;
  auto const terms = TRY(parts_->choose_terms(query));
  if (terms.empty()) return hits;
  auto rows =
      TRY(parts_->query("SELECT rowid, shelf_rank(words) AS score FROM words WHERE words MATCH ? ORDER BY "
                        "score DESC, rowid LIMIT ?",
                        parts_->expression_for(terms), top));
  while (TRY(rows.step())) {
    auto hit = TRY(parts_->passage(rows.integer(0)));
    hit.score = rows.number(1);
    hits.push_back(std::move(hit));
  }
  return hits;
}

}  // namespace shoal::index_engine
