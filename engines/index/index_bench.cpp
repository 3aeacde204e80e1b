// A shelf of 100,000 passages (1,000 documents of 100 passages of 100 words, word frequencies as in real
// texts).
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "base/check.h"
#include "engines/index/shelf_index.h"

namespace shoal::index_engine {
namespace {

// Words by rank, the most frequent first: "ba", "be", … Frequencies follow Zipf's law.
class Language {
 public:
  std::string word(std::size_t rank) const {
    std::string word;
    for (auto rest = rank + 5;; rest = rest / 60 - 1) {
      word += std::string(1, "bcdfghklmprt"[rest % 12]) + "aeiou"[rest / 12 % 5];
      if (rest < 60) return word;
    }
  }

  std::string passage() {
    std::string text;
    for (int i = 0; i < 100; ++i) text += word(rank()) + " ";
    return text;
  }

 private:
  std::size_t rank() {
    std::uniform_real_distribution<double> even(0, std::log(50'000.0));
    return static_cast<std::size_t>(std::exp(even(random_)));
  }
  std::mt19937 random_{1};
};

std::vector<value::Passage> passages_of(Language& language) {
  std::vector<value::Passage> passages;
  for (int i = 0; i < 100; ++i) {
    value::Passage passage;
    passage.id = std::to_string(i);
    passage.page = i + 1;
    passage.text = language.passage();
    passage.boxes = {{72, 100, 540, 112}, {72, 114, 540, 126}};
    passages.push_back(std::move(passage));
  }
  return passages;
}

// Made once, in a temporary folder that goes with it.
class Fixture {
 public:
  static Fixture& get() {
    static Fixture fixture;
    return fixture;
  }

  ShelfIndex& index() { return *index_; }
  Language const& language() const { return language_; }

 private:
  Fixture() {
    char name[] = "/tmp/shoal-index-bench-XXXXXX";
    CHECK(mkdtemp(name) != nullptr);
    folder_ = name;
    auto opened = ShelfIndex::open(folder_);
    CHECK(opened.has_value());
    index_ = std::move(*opened);
    for (int i = 0; i < 1000; ++i) {
      auto const put =
          index_->put({"book-" + std::to_string(i), "A book", 100, "hash", "digest"}, passages_of(language_));
      CHECK(put.has_value());
    }
  }
  ~Fixture() {
    index_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string folder_;
  Language language_;
  std::unique_ptr<ShelfIndex> index_;
};

// A query of words of these ranks.
void search(benchmark::State& state, std::vector<std::size_t> const& ranks) {
  auto& fixture = Fixture::get();
  std::string query;
  for (auto rank : ranks) query += fixture.language().word(rank) + " ";
  for (auto _ : state) {
    auto const hits = fixture.index().search(query, 10);
    CHECK(hits.has_value() && !hits->empty());
    benchmark::DoNotOptimize(hits);
  }
}

BENCHMARK_CAPTURE(search, three_words, std::vector<std::size_t>{300, 1500, 9000})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(search, question_of_eight, std::vector<std::size_t>{5, 20, 60, 200, 500, 1200, 4000, 20000})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(search, one_frequent_word, std::vector<std::size_t>{10})->Unit(benchmark::kMillisecond);

void put_unchanged(benchmark::State& state) {
  auto& index = Fixture::get().index();
  for (auto _ : state) {
    auto const put = index.put({"book-7", "A book", 100, "hash", "digest"}, {});
    CHECK(put.has_value() && *put == ShelfIndex::Change::unchanged);
  }
}
BENCHMARK(put_unchanged)->Unit(benchmark::kMillisecond);

void replace_100_passages(benchmark::State& state) {
  auto& index = Fixture::get().index();
  Language language;
  auto const passages = passages_of(language);
  int round = 0;
  for (auto _ : state) {
    auto const put = index.put({"changing", "A book", 100, "hash", std::to_string(++round)}, passages);
    CHECK(put.has_value());
  }
}
BENCHMARK(replace_100_passages)->Unit(benchmark::kMillisecond)->Iterations(10);

}  // namespace
}  // namespace shoal::index_engine
