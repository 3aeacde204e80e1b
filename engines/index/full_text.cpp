#include "engines/index/full_text.h"

#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <new>
#include <unordered_map>
#include <utility>

#include "engines/index/words.h"

namespace shoal::index_engine {
namespace {

// BM25 (Robertson and Zaragoza 2009), chosen on two collections of abstracts, Cranfield and CACM: nDCG@10
// 0.391 and 0.518, 0.349 and 0.483 with k1 0.9, b 0.4 and text alone. The passages of a book share its title,
// so a word there counts little more than one of the text.
constexpr double kK1 = 1.5;
constexpr double kB = 0.6;
constexpr double kTitleWeight = 1.5;

// The tokenizer: that of SQLite, between prepare() and cut()

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

}  // namespace

struct FullText::Parts {
  Ranking ranking;
  Tokenizer tokenizer;
};

FullText::FullText(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
FullText::~FullText() = default;

void FullText::set_ranking(Ranking ranking) { parts_->ranking = std::move(ranking); }

Result<std::unique_ptr<FullText>> FullText::add_to(Database& database) {
  auto parts = std::make_unique<Parts>();
  auto* api = find_fts5(database.connection());
  if (api == nullptr) return Error(Code::unsupported, "this SQLite has no FTS5; install one that has it");
  fts5_tokenizer own{create_tokenizer, delete_tokenizer, run_tokenizer};
  int status = make_tokenizer(api, parts->tokenizer);
  if (status == SQLITE_OK) status = api->xCreateTokenizer(api, "shelf", api, &own, nullptr);
  if (status == SQLITE_OK) status = api->xCreateFunction(api, "shelf_rank", &parts->ranking, rank, nullptr);
  if (status != SQLITE_OK) return error_of(status, sqlite3_errstr(status), database.file());
  return std::unique_ptr<FullText>(new FullText(std::move(parts)));
}

Result<std::vector<Term>> FullText::terms_of(std::string_view text) const {
  std::vector<Term> terms;
  std::unordered_map<std::string, std::size_t> places;
  int const status = parts_->tokenizer.tokenize(text, Side::query, [&](std::string_view term) {
    auto const [place, is_new] = places.try_emplace(std::string(term), terms.size());
    if (is_new) terms.push_back({std::string(term)});
    terms[place->second].count += 1;
    return SQLITE_OK;
  });
  if (status != SQLITE_OK) return error_of(status, sqlite3_errstr(status), "a query");
  return terms;
}

}  // namespace shoal::index_engine
