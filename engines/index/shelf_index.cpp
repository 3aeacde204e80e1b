#include "engines/index/shelf_index.h"

#include <sqlite3.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/text.h"
#include "engines/index/database.h"
#include "engines/index/full_text.h"
#include "engines/index/words.h"

namespace shoal::index_engine {
namespace {

constexpr std::int64_t kApplication = 0x5368656c;  // "Shel", in the file's header
constexpr std::int64_t kFormat = 2;

// Terms of a query that are looked at, the rarest first, and passages that are scored: beyond that a term
// only adds to the score of passages that rarer ones found.
constexpr std::size_t kMostTerms = 64;
constexpr std::int64_t kMostScored = 20'000;

auto constexpr kSchema = R"(
CREATE TABLE documents(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
  pages INTEGER NOT NULL, hash TEXT NOT NULL, digest TEXT NOT NULL) STRICT;
CREATE TABLE passages(id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents(id),
  label TEXT NOT NULL, page INTEGER NOT NULL, text TEXT NOT NULL, boxes TEXT NOT NULL,
  line INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX passages_by_document ON passages(document);
CREATE VIEW searchable AS SELECT passages.id AS id, documents.title AS title, passages.text AS text
  FROM passages JOIN documents ON documents.id = passages.document;
CREATE VIRTUAL TABLE words USING fts5(title, text, content=searchable, content_rowid=id, tokenize=shelf);
)";

// What makes a database of format 1 + i one of format 2 + i.
constexpr char const* kMigrations[] = {
    "ALTER TABLE passages ADD COLUMN line INTEGER NOT NULL DEFAULT 0",
};

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

std::string any_of(std::vector<Term> const& terms, std::size_t begin, std::size_t end) {
  std::string out;
  for (auto i = begin; i < end; ++i) {
    // Terms consist of letters and digits; a quotation mark would have been a gap between them.
    out += (out.empty() ? "\"" : " OR \"") + terms[i].text + (is_prefix(terms[i].text) ? "\" *" : "\"");
  }
  return out;
}

}  // namespace

struct ShelfIndex::Parts {
  explicit Parts(std::string file) : database(std::move(file)) {}

  std::unique_ptr<FullText> full_text;  // before the database, which it must outlive
  Database database;
  std::set<std::string, std::less<>> stop_terms;

  Result<void> open(int busy_timeout_ms) {
    TRY(database.connect(busy_timeout_ms));
    full_text = TRY(FullText::add_to(database));
    for (auto& term : TRY(full_text->terms_of(stop_words()))) stop_terms.insert(std::move(term.text));
    return make_schema();
  }

  Result<void> make_schema() {
    auto const format = TRY(database.number("PRAGMA user_version"));
    auto const application = TRY(database.number("PRAGMA application_id"));
    if (format == 0 && application == 0 && TRY(database.number("SELECT count(*) FROM sqlite_schema")) == 0) {
      TRY(database.transaction([&]() -> Result<void> {
        TRY(database.script(kSchema));
        TRY(database.script("PRAGMA application_id=" + std::to_string(kApplication)));
        return database.script("PRAGMA user_version=" + std::to_string(kFormat));
      }));
    } else if (application != kApplication) {
      return Error(Code::invalid_argument, database.file() + " is not the index of a shelf; move it away");
    } else if (format >= 1 && format < kFormat) {
      TRY(migrate(format));
    } else if (format != kFormat) {
      return Error(Code::unsupported, database.file() + " was written by a newer shoal (format " +
                                          std::to_string(format) + ", this one knows " +
                                          std::to_string(kFormat) +
                                          "); use that one, or delete the "
                                          "file and add the documents again");
    }
    return database.script("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, words, row)");
  }

  Result<void> migrate(std::int64_t format) {
    return database.transaction([&]() -> Result<void> {
      for (auto from = format; from < kFormat; ++from)
        TRY(database.script(kMigrations[static_cast<std::size_t>(from - 1)]));
      return database.script("PRAGMA user_version=" + std::to_string(kFormat));
    });
  }

  // Those worth looking for, the rarest first.
  Result<std::vector<Term>> choose_terms(std::string_view text) {
    auto terms = TRY(full_text->terms_of(text));
    auto const is_stop_word = [&](Term const& term) { return stop_terms.contains(term.text); };
    if (!std::all_of(terms.begin(), terms.end(), is_stop_word)) std::erase_if(terms, is_stop_word);
    auto exact = TRY(database.query("SELECT doc FROM temp.vocabulary WHERE term = ?"));
    auto prefix = TRY(database.query("SELECT sum(doc) FROM temp.vocabulary WHERE term >= ? AND term < ?"));
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
    Ranking ranking;
    auto add = [&](Term const& term, double count) {
      ranking.documents.push_back(static_cast<double>(term.documents));
      ranking.counts.push_back(count);
    };
    for (std::size_t i = 0; i < leading; ++i) add(terms[i], terms[i].count);
    auto const led = any_of(terms, 0, leading);
    if (leading < terms.size()) {
      for (std::size_t i = 0; i < leading; ++i) add(terms[i], 0);
      for (std::size_t i = leading; i < terms.size(); ++i) add(terms[i], terms[i].count);
    }
    full_text->set_ranking(std::move(ranking));
    if (leading == terms.size()) return led;
    return led + " OR ((" + led + ") AND (" + any_of(terms, leading, terms.size()) + "))";
  }

  Result<value::Passage> passage(std::int64_t id) {
    auto row = TRY(database.query(
        "SELECT label, name, title, page, text, boxes, line FROM passages JOIN documents ON documents.id "
        "= document "
        "WHERE passages.id = ?",
        id));
    if (!TRY(row.step())) return error_of(SQLITE_CORRUPT, "a passage is missing", database.file());
    return value::Passage{
        row.text(0), row.text(1),   row.text(2), row.integer(3), row.text(4), boxes_from_text(row.text(5)),
        0,           row.integer(6)};
  }

  // The document's row, 0 where there is none.
  Result<std::int64_t> find(std::string const& name) {
    auto row = TRY(database.query("SELECT id FROM documents WHERE name = ?", name));
    return TRY(row.step()) ? row.integer(0) : 0;
  }

  Result<std::int64_t> delete_document(std::int64_t id) {
    auto rows = TRY(database.query(
        "SELECT passages.id, title, text FROM passages JOIN documents ON documents.id = document "
        "WHERE document = ?",
        id));
    auto forget =
        TRY(database.query("INSERT INTO words(words, rowid, title, text) VALUES('delete', ?, ?, ?)"));
    std::int64_t count = 0;
    for (; TRY(rows.step()); ++count) {
      TRY(forget.bind_all(rows.integer(0), rows.text(1), rows.text(2)));
      TRY(forget.step());
    }
    TRY(database.run("DELETE FROM passages WHERE document = ?", id));
    TRY(database.run("DELETE FROM documents WHERE id = ?", id));
    return count;
  }

  Result<void> insert_document(Document const& document, std::vector<value::Passage> const& passages) {
    TRY(database.run("INSERT INTO documents(name, title, pages, hash, digest) VALUES(?, ?, ?, ?, ?)",
                     document.name, document.title, document.pages, document.hash, document.digest));
    std::int64_t const id = database.last_row();
    auto keep = TRY(database.query(
        "INSERT INTO passages(document, label, page, text, boxes, line) VALUES(?, ?, ?, ?, ?, ?)"));
    auto learn = TRY(database.query("INSERT INTO words(rowid, title, text) VALUES(?, ?, ?)"));
    for (auto const& passage : passages) {
      TRY(keep.bind_all(id, passage.id, passage.page, passage.text, boxes_as_text(passage.boxes),
                        passage.line));
      TRY(keep.step());
      TRY(learn.bind_all(database.last_row(), document.title, passage.text));
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
  auto parts = std::make_unique<Parts>(folder + "/index.db");
  TRY(parts->open(busy_timeout_ms));
  return std::unique_ptr<ShelfIndex>(new ShelfIndex(std::move(parts)));
}

void ShelfIndex::set_stop(std::function<bool()> stop) { parts_->database.set_stop(std::move(stop)); }

std::uint64_t ShelfIndex::memory_bytes() const { return static_cast<std::uint64_t>(sqlite3_memory_used()); }

Result<ShelfIndex::Change> ShelfIndex::put(Document const& document,
                                           std::vector<value::Passage> const& passages) {
  auto known =
      TRY(parts_->database.query("SELECT hash, digest FROM documents WHERE name = ?", document.name));
  bool exists = TRY(known.step());
  if (exists && known.text(0) == document.hash && known.text(1) == document.digest) return Change::unchanged;
  TRY(known.bind_all(document.name));  // gives its lock back
  TRY(parts_->database.transaction([&]() -> Result<void> {
    auto const id = TRY(parts_->find(document.name));
    if (id != 0) TRY(parts_->delete_document(id));
    return parts_->insert_document(document, passages);
  }));
  return exists ? Change::replaced : Change::added;
}

Result<std::int64_t> ShelfIndex::remove(std::string const& name) {
  return parts_->database.transaction([&]() -> Result<std::int64_t> {
    auto const id = TRY(parts_->find(name));
    if (id != 0) return parts_->delete_document(id);
    std::vector<std::string> names;
    auto rows = TRY(parts_->database.query("SELECT name FROM documents ORDER BY name LIMIT 1000"));
    while (TRY(rows.step())) names.push_back(rows.text(0));
    auto const hint = did_you_mean(name, names);
    return Error(Code::not_found, "the shelf has no document `" + printable(name) + "`; " +
                                      (hint.empty() ? "`shoal shelf list` shows what it has" : hint));
  });
}

Result<std::vector<ListedDocument>> ShelfIndex::list() {
  std::vector<ListedDocument> list;
  auto rows = TRY(
      parts_->database.query("SELECT name, title, pages, hash, digest, (SELECT count(*) FROM passages WHERE "
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
  auto rows = TRY(parts_->database.query(
      "SELECT rowid, shelf_rank(words) AS score FROM words WHERE words MATCH ? ORDER BY "
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
