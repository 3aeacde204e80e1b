// What one page of 500 words costs at the edges and between steps.
#include <benchmark/benchmark.h>

#include "value/json.h"
#include "value/records.h"

namespace shoal::value {
namespace {

Value page_value() {
  Page page;
  page.number = 1;
  page.width = 612;
  page.height = 792;
  page.source = "ocr";
  for (int i = 0; i < 500; ++i) {
    auto x = 40.25 + i % 10 * 53.1, y = 40.5 + i / 10 * 14.2;
    page.words.push_back({"word" + std::to_string(i), {x, y, x + 48.3, y + 11.9}, 0.87, i / 10});
    page.text += page.words.back().text + (i % 10 == 9 ? "\n" : " ");
  }
  return to_value(page);
}

void to_json_of_page(benchmark::State& state) {
  auto page = page_value();
  for (auto _ : state) benchmark::DoNotOptimize(to_json(page));
}
BENCHMARK(to_json_of_page);

void from_json_of_page(benchmark::State& state) {
  auto json = to_json(page_value());
  for (auto _ : state) benchmark::DoNotOptimize(from_json(json));
}
BENCHMARK(from_json_of_page);

void conforms_of_page(benchmark::State& state) {
  auto page = page_value();
  for (auto _ : state) benchmark::DoNotOptimize(conforms(page, page_type()));
}
BENCHMARK(conforms_of_page);

void hash_of_page(benchmark::State& state) {
  auto page = page_value();
  for (auto _ : state) benchmark::DoNotOptimize(hash_of(page));
}
BENCHMARK(hash_of_page);

void hash_of_short_text(benchmark::State& state) {
  Value text("a short prompt");
  for (auto _ : state) benchmark::DoNotOptimize(hash_of(text));
}
BENCHMARK(hash_of_short_text);

void equality_of_pages(benchmark::State& state) {
  auto left = page_value(), right = page_value();
  for (auto _ : state) benchmark::DoNotOptimize(left == right);
}
BENCHMARK(equality_of_pages);

void page_to_struct(benchmark::State& state) {
  auto page = page_value();
  for (auto _ : state) benchmark::DoNotOptimize(page_from(page));
}
BENCHMARK(page_to_struct);

}  // namespace
}  // namespace shoal::value
