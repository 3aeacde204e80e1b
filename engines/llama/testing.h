// For this engine's tests: a call without a host, and the real models where they are present.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engines/llama/llama_engine.h"

namespace shoal::llama_engine::testing {

// Keeps the chunks; cancelled when `stop` says so.
class FakeContext final : public engine::CallContext {
 public:
  void chunk(std::string_view port, value::Value part) override {
    ports.emplace_back(port);
    chunks.push_back(part.as_text());
    if (on_chunk) on_chunk();
  }
  void progress(double done, double, std::string_view) override { progressed = done; }
  bool cancelled() const override { return stop; }
  void give_up(Error) override {}

  std::vector<std::string> ports, chunks;
  std::function<void()> on_chunk;
  double progressed = 0;
  std::atomic<bool> stop = false;
};

// An open file by path, as the host would pass it.
class OpenFile {
 public:
  explicit OpenFile(std::string const& path)
      : path_(path), descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  OpenFile(OpenFile const&) = delete;
  OpenFile& operator=(OpenFile const&) = delete;

  engine::ModelFile file(Json options = {}) const {
    return {std::filesystem::path(path_).filename(), descriptor_, {}, std::move(options)};
  }

 private:
  std::string path_;
  int descriptor_;
};

// The file of a model in the folder of models that SHOAL_TEST_MODELS names (NAME/TAG/FILE); empty where it is
// not there.
inline std::string model_path(std::string const& name) {
  auto const* folder = std::getenv("SHOAL_TEST_MODELS");
  if (!folder) return {};
  std::error_code missing;
  for (auto const& entry :
       std::filesystem::recursive_directory_iterator(std::filesystem::path(folder) / name, missing)) {
    if (entry.path().extension() == ".gguf") return entry.path().string();
  }
  return {};
}

inline std::string smollm2_path() { return model_path("smollm2-135m"); }

}  // namespace shoal::llama_engine::testing

#define SKIP_WITHOUT_SMOLLM2()                              \
  if (shoal::llama_engine::testing::smollm2_path().empty()) \
  GTEST_SKIP() << "needs smollm2-135m in the folder of models SHOAL_TEST_MODELS"
