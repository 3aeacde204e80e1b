#include "tests/hostile/document_run.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "base/guarded.h"
#include "os/file.h"
#include "runtime/runtime.h"

namespace shoal::hostile {
namespace {

using value::Value;

// The engine ends what takes half a minute of a processor; where others use the machine that lasts longer.
constexpr auto kLongest = std::chrono::minutes(5);
constexpr int kAtOnce = 2;

// Asks a run to stop when nothing was heard of it for too long.
class Patience {
 public:
  explicit Patience(std::stop_source stop)
      : watcher_([this, stop](std::stop_token ended) mutable {
          std::unique_lock lock(mutex_);
          while (!ended.stop_requested()) {
            auto const heard = heard_;
            if (condition_.wait_for(lock, ended, kLongest, [&] { return heard_ != heard; })) continue;
            over_ = !ended.stop_requested();
            if (over_) stop.request_stop();
            return;
          }
        }) {}
  void hear() {
    std::lock_guard const lock(mutex_);
    ++heard_;
    condition_.notify_all();
  }
  // Once, after the run.
  bool was_over() {
    watcher_.request_stop();
    watcher_.join();
    return over_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any condition_;
  std::uint64_t heard_ = 0;
  bool over_ = false;
  std::jthread watcher_;
};

class Runner {
 public:
  Runner() {
    runtime::Runtime::Options options;
    options.home = {home_.path(), home_.path(), home_.path() + "/cache"};
    auto const build = std::string(SHOAL_BINARY_DIR);
    options.installation = {build + "/lib/shoal/engines", build + "/share/shoal"};
    options.cores = kAtOnce;
    runtime_ = runtime::Runtime::open(std::move(options), egress_, clock_).value();
    target_ = runtime_->library().link("scan-to-text").value();
  }

  void run(Document document) {
    auto const name = document.name;
    std::stop_source stop;
    runtime::RunRequest request;
    request.stop = stop.get_token();
    auto const media_type = value::guess_media_type(document.bytes, name);
    request.inputs =
        Value::record({{"document", value::Blob::own(std::move(document.bytes),
                                                     {.media_type = media_type, .name = name})}});
    Patience patience(stop);
    request.on_event = [&](runtime::Event const&) { patience.hear(); };
    auto const result = runtime_->run(*target_, std::move(request));
    bool const over = patience.was_over();
    counts_.with([&](DocumentCounts& counts) {
      counts.answers[name] =
          result.outputs ? (*result.outputs)["text"].as_text() : result.outputs.error().message();
      auto const problem = judge(counts, name, over, result.outputs);
      if (problem.empty()) return;
      counts.problems.push_back(name + ": " + problem);
      std::fprintf(stderr, "%s\n", counts.problems.back().c_str());
    });
  }

  DocumentCounts counts() {
    return counts_.with([](DocumentCounts& counts) { return counts; });
  }

 private:
  static std::string judge(DocumentCounts& counts, std::string const& name, bool over,
                           Result<Value> const& outputs) {
    if (over) return ++counts.hangs, "neither an answer nor progress for 5 minutes";
    if (outputs) {
      if ((*outputs)["pages"].as_list().empty()) return ++counts.silent, "no pages and no error";
      for (auto const& page : (*outputs)["missing"].as_list()) {
        auto const& reason = page["reason"].as_text();
        if (reason.find("worker ocr") != std::string::npos) return ++counts.worker_deaths, reason;
      }
      return ++counts.read, std::string();
    }
    ++counts.refused;
    auto const& message = outputs.error().message();
    if (message.find("worker ocr") != std::string::npos) return ++counts.worker_deaths, message;
    if (outputs.error().code() == Code::internal || message.find(name) == std::string::npos)
      return ++counts.silent, "an error that does not name the file: " + message;
    return {};
  }

  os::TemporaryFolder home_ = os::TemporaryFolder::create("shoal-hostile").value();
  SystemClock clock_;
  net::Egress egress_;
  std::unique_ptr<runtime::Runtime> runtime_;
  std::optional<runtime::Target> target_;
  Guarded<DocumentCounts> counts_;
};

}  // namespace

DocumentCounts run_documents(std::string const& what, std::vector<Document> documents) {
  Runner runner;
  std::atomic<std::size_t> next{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kAtOnce; ++i) {
      threads.emplace_back([&] {
        for (auto at = next++; at < documents.size(); at = next++) runner.run(std::move(documents[at]));
      });
    }
  }
  auto const counts = runner.counts();
  std::printf("%s: %zu: %d read, %d refused (%d worker deaths), %d hangs, %d silent, 0 host deaths\n",
              what.c_str(), documents.size(), counts.read, counts.refused, counts.worker_deaths, counts.hangs,
              counts.silent);
  return counts;
}

}  // namespace shoal::hostile
