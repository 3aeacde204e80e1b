// Pages a second through the engine without a host. Run with one and with as many
// threads as there are cores: the rate should grow with them.
#include <benchmark/benchmark.h>

#include "engines/ocr/ocr_engine.h"
#include "engines/ocr/test_support.h"

namespace shoal::ocr_engine {
namespace {

using value::Value;

struct Shelf {
  std::unique_ptr<engine::Model> model;
  Value::List sheets;
};

Shelf const& shelf() {
  static Shelf const opened = [] {
    OcrEngine engine;
    CHECK(engine.start().has_value());
    Shelf made;
    made.model = std::move(*engine.load({}, [](double) { return true; }));
    made.model->set_cores(16);
    testing::Context context;
    auto reply =
        made.model->call({"pages", Value::record({{"document", testing::example("shelf-be.pdf")}})}, context);
    CHECK(reply.has_value());
    made.sheets = context.parts;
    return made;
  }();
  return opened;
}

void recognize(benchmark::State& state) {
  auto const& [model, sheets] = shelf();
  auto next = static_cast<std::size_t>(state.thread_index());
  for (auto _ : state) {
    testing::Context context;
    auto const& sheet = sheets[next++ % sheets.size()];
    auto reply = model->call({"recognize", Value::record({{"page", sheet}, {"language", "eng"}})}, context);
    CHECK(reply.has_value());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(recognize)->Threads(1)->Threads(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void list_pages(benchmark::State& state) {
  auto const& model = shelf().model;
  auto inputs = Value::record({{"document", testing::example("shelf-be.pdf")}});
  for (auto _ : state) {
    testing::Context context;
    CHECK(model->call({"pages", inputs}, context).has_value());
  }
}
BENCHMARK(list_pages)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace shoal::ocr_engine
