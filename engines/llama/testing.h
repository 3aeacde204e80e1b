// For this engine's tests: a call without a host, and the real models where they are present.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
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
  bool try_chunk(std::string_view port, value::Value const& part) override {
    if (has_room) chunk(port, part);
    return has_room;
  }
  void progress(double done, double, std::string_view) override { progressed = done; }
  bool cancelled() const override { return stop; }
  void give_up(Error) override {}

  std::vector<std::string> ports, chunks;
  std::function<void()> on_chunk;
  bool has_room = false;  // for try_chunk()
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

  engine::ModelFile file(Json options = {}, std::string folder = {}) const {
    return {std::filesystem::path(path_).filename(), descriptor_, std::move(folder), std::move(options), {}};
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

// Of a test, empty, removed with all in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    auto path = (std::filesystem::temp_directory_path() / "shoal-llama-XXXXXX").string();
    path_ = mkdtemp(path.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(TemporaryFolder const&) = delete;
  TemporaryFolder& operator=(TemporaryFolder const&) = delete;
  std::string const& path() const { return path_; }

 private:
  std::string path_;
};

// `folder`: where it may keep files.
inline std::unique_ptr<engine::Model> load_smollm2(Json options = {}, std::string folder = {}) {
  LlamaEngine engine;
  EXPECT_TRUE(engine.start());
  OpenFile const file(smollm2_path());
  auto loaded = engine.load(file.file(std::move(options), std::move(folder)), [](double) { return true; });
  if (!loaded) {
    ADD_FAILURE() << loaded.error().message();
    return nullptr;
  }
  // More threads than free cores make each other wait, and other tests run beside these.
  (*loaded)->set_cores(1);
  return std::move(*loaded);
}

// One for all tests that only ask; nullptr without the file.
inline engine::Model& smollm2() {
  static auto const model = load_smollm2();
  return *model;
}

inline Result<engine::Reply> call(engine::Model& model, char const* operation, value::Value inputs,
                                  FakeContext& context) {
  return model.call({operation, std::move(inputs)}, context);
}

inline Result<engine::Reply> call(engine::Model& model, char const* operation, value::Value inputs) {
  FakeContext context;
  return call(model, operation, std::move(inputs), context);
}

// Two answers to the same raw prompt, with their tokens. They may differ where the model is undecided: where
// they first do, it finds one token about as likely as the other.
inline void expect_same_but_for_a_near_tie(std::string const& prompt, engine::Reply const& one,
                                           engine::Reply const& other) {
  auto const& a = one.outputs["tokens"].as_list();
  auto const& b = other.outputs["tokens"].as_list();
  std::string before = prompt;
  std::size_t i = 0;
  for (; i < std::min(a.size(), b.size()) && a[i]["text"] == b[i]["text"]; ++i)
    before += a[i]["text"].as_text();
  if (i == a.size() || i == b.size()) {
    EXPECT_EQ(a.size(), b.size()) << "one ended earlier: choose a prompt that does not end";
    return;
  }
  auto const scored =
      call(smollm2(), "score",
           value::Value::record(
               {{"prefix", before}, {"continuations", value::Value::list({a[i]["text"], b[i]["text"]})}}));
  ASSERT_TRUE(scored) << scored.error().message();
  auto const logprob = [&](std::size_t at) {
    return scored->outputs["scores"].as_list()[at]["logprob"].as_number();
  };
  EXPECT_NEAR(logprob(0), logprob(1), 0.4)
      << before << "[" << a[i]["text"].as_text() << "|" << b[i]["text"].as_text() << "]";
}

}  // namespace shoal::llama_engine::testing

#define SKIP_WITHOUT_SMOLLM2()                              \
  if (shoal::llama_engine::testing::smollm2_path().empty()) \
  GTEST_SKIP() << "needs smollm2-135m in the folder of models SHOAL_TEST_MODELS"

#define ASSERT_OK(result) ASSERT_TRUE(result) << (result).error().message()
