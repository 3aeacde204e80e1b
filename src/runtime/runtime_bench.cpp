// Overhead a step: chains of trivial functions, and of calls that cross to the echo engine. Journal and cache
// are on. Needs the engines in build/<preset>/lib.
#include <benchmark/benchmark.h>

#include <fstream>

#include "os/file.h"
#include "runtime/runtime.h"

namespace shoal::runtime {
namespace {

using value::Value;

struct Home {
  os::TemporaryFolder folder = os::TemporaryFolder::create("shoal-bench").value();
  SystemClock clock;
  net::Egress egress;
  std::unique_ptr<Runtime> runtime;

  Home() {
    Runtime::Options options;
    options.home = {folder.path(), folder.path(), folder.path() + "/cache"};
    auto const build = std::string(SHOAL_BINARY_DIR);
    options.installation = {build + "/lib/shoal/engines", build + "/share/shoal"};
    options.cores = 2;
    runtime = Runtime::open(std::move(options), egress, clock).value();
  }

  // `step(i)` is the flow mapping of step i.
  void add_chain(int steps, std::function<std::string(int)> const& step) {
    auto const file = folder.path() + "/chain.yaml";
    std::ofstream out(file);
    out << "shoal: 1\npipeline: chain\ninputs: {t: text}\nsteps:\n";
    for (int i = 0; i < steps; ++i) out << "  s" << i << ": " << step(i) << "\n";
    out << "outputs: {t: $s" << steps - 1 << "}\n";
    out.close();
    runtime->library().add_file(file).value();
    runtime->library().link("chain").value();
  }

  void run(std::string const& text) {
    RunRequest request;
    request.inputs = Value::record({{"t", text}});
    auto const result = runtime->run("chain", std::move(request));
    if (!result.outputs) throw std::runtime_error(result.outputs.error().message());
  }
};

std::string before(int i) { return i == 0 ? "$t" : "$s" + std::to_string(i - 1); }

void count_steps(benchmark::State& state) {
  state.counters["per_step"] =
      benchmark::Counter(static_cast<double>(state.range(0)),
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void function_chain(benchmark::State& state) {
  Home home;
  home.add_chain(static_cast<int>(state.range(0)),
                 [](int i) { return "{use: join, with: {texts: [" + before(i) + "]}}"; });
  home.run("warm");
  for (auto _ : state) home.run("text");
  count_steps(state);
}
BENCHMARK(function_chain)
    ->Arg(10)
    ->Arg(100)
    ->Arg(1000)
    ->Arg(10000)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

void echo_chain(benchmark::State& state, char const* cache) {
  Home home;
  home.add_chain(static_cast<int>(state.range(0)), [&](int i) {
    return "{use: echo.echo, with: {value: " + before(i) + "}, cache: " + cache + "}";
  });
  home.run("warm");
  for (auto _ : state) home.run("text");
  count_steps(state);
}
// Every call reaches the worker.
BENCHMARK_CAPTURE(echo_chain, called, "off")
    ->Arg(100)
    ->Arg(1000)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);
// Every call but those of the first round is answered by the cache.
BENCHMARK_CAPTURE(echo_chain, cached, "on")->Arg(1000)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace shoal::runtime
