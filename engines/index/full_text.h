// What Shoal adds to SQLite's full-text search: terms as words.h makes them, and the ranking. For this engine
// only; one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engines/index/database.h"

namespace shoal::index_engine {

// A different term of a query.
struct Term {
  std::string text;
  double count = 0;            // in the query
  std::int64_t documents = 0;  // passages that have it
};

// The query that runs, by the phrases of its expression. BM25 with a word of the title counting a little
// more.
struct Ranking {
  std::vector<double> documents;  // passages with the term
  std::vector<double> counts;     // how often the query has it; 0: a repetition in the expression
  std::vector<double> weights;    // known with the first passage
  std::vector<double> found;      // in the passage at hand
  double mean_length = 1;
};

class FullText {
 public:
  // Gives the connected database the tokenizer `shelf` and the function `shelf_rank` of a table of title and
  // text. Must outlive the database. unsupported: this SQLite has no FTS5.
  static Result<std::unique_ptr<FullText>> add_to(Database& database);
  FullText(FullText const&) = delete;
  FullText& operator=(FullText const&) = delete;
  ~FullText();

  // The different terms of a query, in its order.
  Result<std::vector<Term>> terms_of(std::string_view text) const;
  // For the next query that uses shelf_rank.
  void set_ranking(Ranking ranking);

 private:
  struct Parts;
  explicit FullText(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace shoal::index_engine
