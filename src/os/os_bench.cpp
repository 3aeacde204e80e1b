// What the system calls of this room cost: the floor under every worker start and every call to a worker.
#include <benchmark/benchmark.h>

#include <array>
#include <string>

#include "os/memory_file.h"
#include "os/process.h"
#include "os/sandbox.h"
#include "os/socket.h"

namespace shoal::os {
namespace {

void spawn_free(benchmark::State& state) {
  for (auto _ : state) Process::spawn({.program = "/bin/true"}).value()->wait();
}
BENCHMARK(spawn_free)->Unit(benchmark::kMicrosecond)->UseRealTime();

void spawn_sandboxed(benchmark::State& state) {
  auto const sandbox = prepare_sandbox({.execute_paths = {"/bin/true"}}).value();
  for (auto _ : state) Process::spawn({.program = "/bin/true", .sandbox = sandbox.get()}).value()->wait();
}
BENCHMARK(spawn_sandboxed)->Unit(benchmark::kMicrosecond)->UseRealTime();

void sandbox_preparation(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(prepare_sandbox({.execute_paths = {"/bin/true"}}).value());
}
BENCHMARK(sandbox_preparation)->Unit(benchmark::kMicrosecond);

void sealed_buffer_handed_over(benchmark::State& state) {
  std::string const bytes(static_cast<std::size_t>(state.range(0)), 'x');
  auto const [ours, theirs] = socket_pair().value();
  for (auto _ : state) {
    Descriptor const buffer = create_sealed_buffer(bytes).value();
    int const handle = buffer.get();
    benchmark::DoNotOptimize(send(ours.get(), "x", std::span(&handle, 1)));
    std::array<char, 8> received;
    std::vector<Descriptor> descriptors;
    benchmark::DoNotOptimize(receive(theirs.get(), received, descriptors));
    MappedBuffer const mapped = MappedBuffer::map(descriptors.at(0), bytes.size()).value();
    benchmark::DoNotOptimize(mapped.bytes().data()[0]);
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(sealed_buffer_handed_over)->Arg(4096)->Arg(8 << 20)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace shoal::os
