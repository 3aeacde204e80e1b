// A pipeline of 10,000 steps: the largest that shoal means to check at a keystroke's pace.
#include "base/yaml.h"

#include <benchmark/benchmark.h>

namespace shoal {
namespace {

void yaml_parse(benchmark::State& state) {
  std::string text = "pipeline: big\nin: {pages: list<image>}\nsteps:\n";
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    auto name = "step" + std::to_string(i);
    text +=
        "  " + name +
        ":\n    use: ocr.recognize\n    with: {page: $pages, language: eng}\n    when: $page.text is empty\n";
  }
  for (auto _ : state) benchmark::DoNotOptimize(Yaml::parse(text, "big.yaml"));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(yaml_parse)->Arg(100)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace shoal
