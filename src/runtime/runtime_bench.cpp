// Overhead a step: chains of trivial functions, and of calls that cross to the echo engine; how long a
// document takes to plan, what events weigh, and what a change costs. Journal and cache are on. The goals of
// the design stand beside the figures. Needs the engines in build/<preset>/lib.
#include <benchmark/benchmark.h>

#include <fstream>

#include "os/file.h"
#include "runtime/files.h"
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
  std::string write_chain(int steps, std::function<std::string(int)> const& step) const {
    auto const file = folder.path() + "/chain.yaml";
    std::ofstream out(file);
    out << "shoal: 1\npipeline: chain\ninputs: {t: text}\nsteps:\n";
    for (int i = 0; i < steps; ++i) out << "  s" << i << ": " << step(i) << "\n";
    out << "outputs: {t: $s" << steps - 1 << "}\n";
    return file;
  }

  void link(std::string const& file) {
    runtime->library().link(runtime->library().add_file(file).value()).value();
  }

  void add_chain(int steps, std::function<std::string(int)> const& step) { link(write_chain(steps, step)); }

  // Gives the ledger.
  Json run(Value inputs, std::string const& name = "chain") {
    RunRequest request;
    request.inputs = std::move(inputs);
    if (count_events)
      request.on_event = [this](Event const& event) { event_bytes += to_json(event).dump().size() + 1; };
    auto const result = runtime->run(name, std::move(request));
    if (!result.outputs) throw std::runtime_error(result.outputs.error().message());
    return result.ledger;
  }
  Json run_text(std::string const& text) { return run(Value::record({{"t", text}})); }

  bool count_events = false;
  std::size_t event_bytes = 0;
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
  home.run_text("warm");
  for (auto _ : state) home.run_text("text");
  count_steps(state);
  state.SetLabel("goal: per_step <= 20 us, flat");
}
BENCHMARK(function_chain)
    ->Arg(10)
    ->Arg(100)
    ->Arg(1000)
    ->Arg(10000)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

std::function<std::string(int)> echo_step(std::string const& cache) {
  return
      [cache](int i) { return "{use: echo.echo, with: {value: " + before(i) + "}, cache: " + cache + "}"; };
}

void echo_chain(benchmark::State& state, char const* cache, char const* goal) {
  Home home;
  home.add_chain(static_cast<int>(state.range(0)), echo_step(cache));
  home.run_text("text");
  for (auto _ : state) home.run_text("text");
  count_steps(state);
  state.SetLabel(goal);
}
// Every call reaches the worker.
BENCHMARK_CAPTURE(echo_chain, called, "off", "goal: per_step <= 150 us")
    ->Arg(100)
    ->Arg(1000)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMicrosecond);
// Every call but those of the first round is answered by the cache.
BENCHMARK_CAPTURE(echo_chain, cached, "on", "goal: all < 5000 us")
    ->Arg(1000)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMicrosecond);

void parse_check_plan(benchmark::State& state) {
  Home home;
  auto const file = home.write_chain(static_cast<int>(state.range(0)), echo_step("on"));
  for (auto _ : state) home.link(file);
  state.SetLabel("goal: < 300 ms");
}
BENCHMARK(parse_check_plan)->Arg(10000)->Unit(benchmark::kMillisecond);

void events(benchmark::State& state, char const* cache) {
  Home home;
  home.add_chain(static_cast<int>(state.range(0)), echo_step(cache));
  home.count_events = true;
  for (auto _ : state) {
    home.event_bytes = 0;
    home.run_text("text");
  }
  state.counters["bytes_per_step"] =
      static_cast<double>(home.event_bytes) / static_cast<double>(state.range(0));
  state.SetLabel("goal: bytes_per_step < 300");
}
BENCHMARK_CAPTURE(events, called, "off")->Arg(1000)->Iterations(3)->Unit(benchmark::kMillisecond);

// A hundred files, each of which costs 20 ms of a core: all, and again with one of them changed. By processor
// time, which other programs do not change.
void one_file_of_a_hundred(benchmark::State& state) {
  constexpr int kFiles = 100;
  Home home;
  auto const document = home.folder.path() + "/files.yaml";
  std::ofstream(document) << R"(
shoal: 1
pipeline: files
inputs: {files: list<file>}
steps:
  texts: {use: file-text, each: $files, as: file, with: {file: $file}}
  work: {use: echo.burn, each: $texts, as: text, with: {seconds: 0.02, then: $text}}
outputs: {work: $work}
)";
  home.link(document);
  auto const file_of = [&](int number) { return home.folder.path() + "/" + std::to_string(number) + ".txt"; };
  int change = 0;
  auto const write = [&](int number) {
    std::ofstream(file_of(number)) << "text " << number << " " << ++change;
  };
  auto const run = [&] {
    Value::List files;
    for (int number = 0; number < kFiles; ++number) files.emplace_back(open_file(file_of(number)).value());
    return home.run(Value::record({{"files", std::move(files)}}), "files")["core_seconds"].as_number();
  };
  for (int number = 0; number < kFiles; ++number) write(number);
  auto const all = run();
  double changed = 0;
  for (auto _ : state) {
    write(50);
    changed += run();
  }
  auto const each = changed / static_cast<double>(state.iterations());
  state.counters["all_core_seconds"] = all;
  state.counters["changed_core_seconds"] = each;
  state.counters["times_faster"] = all / each;
  state.SetLabel("goal: times_faster >= 50");
}
BENCHMARK(one_file_of_a_hundred)->Iterations(5)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace shoal::runtime
