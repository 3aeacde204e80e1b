#include "tests/hostile/gguf_run.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>

#include "host/host.h"
#include "os/file.h"
#include "tests/hostile/gguf_mutations.h"
#include "value/json.h"

namespace shoal::hostile {
namespace {

using value::Value;

constexpr auto kLongest = std::chrono::seconds(60);
// Each file is a model with a worker of its own; these live until their host ends.
constexpr int kCasesOfAHost = 8;

RealModel find_real_model() {
  auto const* folder = std::getenv("SHOAL_TEST_MODELS");
  if (!folder) return {};
  std::error_code missing;
  for (auto const& entry :
       std::filesystem::recursive_directory_iterator(std::string(folder) + "/smollm2-135m", missing)) {
    if (entry.path().extension() == ".gguf") return real_model(entry.path().string());
  }
  return {};
}

// One of the calls that read different parts of a model.
host::JobSpec call_for(std::uint64_t seed) {
  host::JobSpec job;
  job.engine = "llama";
  job.operation = "generate";
  switch (seed / gguf_mutation_count() % 4) {
    case 0: job.inputs = Value::record({{"prompt", "The thing"}, {"max_tokens", 4}}); break;
    case 1:
      job.inputs = Value::record(
          {{"prompt", "The thing <s> \xC3\xA9"}, {"raw", true}, {"special", true}, {"max_tokens", 4}});
      break;
    case 2:
      job.operation = "score";
      job.inputs = Value::record({{"prefix", "the"}, {"continuations", Value::list({" tea", " ear"})}});
      break;
    default:
      job.inputs = Value::record({{"prompt", "List"}, {"schema", R"({"type": "array"})"}, {"max_tokens", 8}});
      break;
  }
  return job;
}

struct Pending {
  host::JobId id = 0;
  std::future<host::JobReport> report;
};

Pending submit(host::Host& host, host::JobSpec job) {
  auto promise = std::make_shared<std::promise<host::JobReport>>();
  job.on_done = [promise](host::JobReport report) { promise->set_value(std::move(report)); };
  auto future = promise->get_future();
  return {host.submit(std::move(job)), std::move(future)};
}

void write_case(std::string const& path, GgufCase const& made) {
  std::ofstream(path, std::ios::binary)
      .write(made.bytes.data(), static_cast<std::streamsize>(made.bytes.size()));
  std::filesystem::resize_file(path, made.length);
}

class Runner {
 public:
  Runner() : engines_(host::load_manifests(std::string(SHOAL_BINARY_DIR) + "/lib/shoal/engines").value()) {}

  void run(std::uint64_t first, int count) {
    auto const host = host::Host::start({engines_, 1, {}}, clock_).value();
    for (auto seed = first; seed < first + static_cast<std::uint64_t>(count); ++seed) run_one(*host, seed);
    host::JobSpec control;
    control.engine = "echo";
    control.operation = "echo";
    control.inputs = Value::record({{"value", "alive"}});
    EXPECT_TRUE(submit(*host, std::move(control)).report.get().outputs) << "after seed " << first;
  }
  GgufCounts const& counts() const { return counts_; }

 private:
  void run_one(host::Host& host, std::uint64_t seed) {
    auto const made = make_gguf_case(seed, real_);
    auto const path = folder_.path() + "/" + std::to_string(seed) + ".gguf";
    write_case(path, made);
    auto job = call_for(seed);
    job.model = host::ModelSpec{"hostile", path, {}, {}};
    auto pending = submit(host, std::move(job));
    bool const answered = pending.report.wait_for(kLongest) == std::future_status::ready;
    if (!answered) host.cancel(pending.id);
    auto const report = pending.report.get();
    std::filesystem::remove(path);
    auto const problem = judge(made, answered, report);
    if (problem.empty()) return;
    counts_.problems.push_back("seed " + std::to_string(seed) + ", " + made.name + ": " + problem);
    std::fprintf(stderr, "%s\n", counts_.problems.back().c_str());
  }

  std::string judge(GgufCase const& made, bool answered, host::JobReport const& report) {
    if (!answered) return ++counts_.hangs, "no answer within 60 s";
    if (report.outputs) {
      ++counts_.ran;
      if (!made.must_fail) return {};
      return ++counts_.silent, "it ran, and should not";
    }
    ++counts_.refused;
    auto const& message = report.outputs.error().message();
    if (message.find("was killed") != std::string::npos ||
        message.find("ended with exit code") != std::string::npos)
      return ++counts_.worker_deaths, message;
    if (message.size() < 10) return ++counts_.silent, "an error without words";
    return {};
  }

  SystemClock clock_;
  std::vector<host::Manifest> engines_;
  RealModel real_ = find_real_model();
  os::TemporaryFolder folder_ = os::TemporaryFolder::create("shoal-hostile").value();
  GgufCounts counts_;
};

}  // namespace

std::string load_with_memory(std::uint64_t bytes) {
  auto const folder = os::TemporaryFolder::create("shoal-hostile").value();
  auto const model = tiny_model(Tokenizer::bpe).bytes();
  auto const path = folder.path() + "/tiny.gguf";
  write_case(path, {"tiny", model, model.size(), false});
  host::Host::Options options;
  options.engines = host::load_manifests(std::string(SHOAL_BINARY_DIR) + "/lib/shoal/engines").value();
  options.limits.available_bytes = [bytes] { return bytes; };
  SystemClock const clock;
  auto const host = host::Host::start(std::move(options), clock).value();
  auto job = call_for(0);
  job.model = host::ModelSpec{"tiny", path, {}, {}};
  auto const outputs = submit(*host, std::move(job)).report.get().outputs;
  if (outputs) return {};
  EXPECT_EQ(outputs.error().code(), Code::out_of_memory);
  return outputs.error().message();
}

SplitModel load_in_parts() {
  auto const folder = os::TemporaryFolder::create("shoal-split").value();
  auto const write = [&](std::string const& name, GgufFile const& file) {
    auto const bytes = file.bytes();
    write_case(folder.path() + "/" + name, {name, bytes, bytes.size(), false});
    return folder.path() + "/" + name;
  };
  auto const whole = tiny_model(Tokenizer::bpe);
  auto const middle = whole.tensors.begin() + static_cast<std::ptrdiff_t>(whole.tensors.size() / 2);
  GgufFile first = whole, second;
  first.tensors.assign(whole.tensors.begin(), middle);
  second.tensors.assign(middle, whole.tensors.end());
  std::uint16_t number = 0;
  for (auto* file : {&first, &second}) {  // as llama-gguf-split writes them
    file->set("split.no", kUint16, raw(number++));
    file->set("split.count", kUint16, raw(std::uint16_t{2}));
    file->set("split.tensors.count", kInt32, raw(static_cast<std::int32_t>(whole.tensors.size())));
    file->lay_out();
  }
  auto const one = write("tiny.gguf", whole), a = write("tiny-00001-of-00002.gguf", first),
             b = write("tiny-00002-of-00002.gguf", second), lone = write("lone-00001-of-00002.gguf", first),
             mixed = write("mixed-00001-of-00002.gguf", first);
  host::Host::Options options;
  options.engines = host::load_manifests(std::string(SHOAL_BINARY_DIR) + "/lib/shoal/engines").value();
  SystemClock const clock;
  auto const host = host::Host::start(std::move(options), clock).value();
  auto const ask = [&](std::string const& file, std::vector<std::string> parts, std::string const& name) {
    auto job = call_for(0);
    job.model = host::ModelSpec{name, file, {}, {}, std::move(parts)};
    auto const outputs = submit(*host, std::move(job)).report.get().outputs;
    return outputs ? value::to_json(*outputs).dump() : outputs.error().message();
  };
  return {ask(one, {}, "one"), ask(a, {a, b}, "two"), ask(lone, {}, "lone"),
          ask(mixed, {mixed, one}, "mixed")};
}

GgufCounts run_gguf_cases(std::uint64_t first, int count) {
  Runner runner;
  for (int done = 0; done < count; done += kCasesOfAHost)
    runner.run(first + static_cast<std::uint64_t>(done), std::min(kCasesOfAHost, count - done));
  auto const& counts = runner.counts();
  std::printf("GGUF files: %d: %d ran, %d refused (%d worker deaths), %d hangs, %d silent, 0 host deaths\n",
              count, counts.ran, counts.refused, counts.worker_deaths, counts.hangs, counts.silent);
  return counts;
}

}  // namespace shoal::hostile
