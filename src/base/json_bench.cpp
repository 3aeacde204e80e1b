// Parse and dump of a document like those on the wire: 100 kB of objects with short strings and numbers.
#include "base/json.h"

#include <benchmark/benchmark.h>

namespace shoal {
namespace {

Json document(std::size_t bytes) {
  Json words = Json::array();
  while (words.as_array().size() * 85 < bytes) {
    auto index = static_cast<std::int64_t>(words.as_array().size());
    words.push(Json::object({{"text", "Straße “Haupt”"},
                             {"page", index % 24},
                             {"box", Json::array({index, 2 * index, index + 40, 2 * index + 12})},
                             {"confidence", 0.01 * static_cast<double>(index % 97)}}));
  }
  return Json::object({{"words", std::move(words)}});
}

void json_parse(benchmark::State& state) {
  auto text = document(static_cast<std::size_t>(state.range(0))).dump();
  for (auto _ : state) benchmark::DoNotOptimize(Json::parse(text));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(json_parse)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

void json_dump(benchmark::State& state) {
  auto json = document(static_cast<std::size_t>(state.range(0)));
  std::size_t bytes = 0;
  for (auto _ : state) bytes += json.dump().size();
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(json_dump)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace shoal
