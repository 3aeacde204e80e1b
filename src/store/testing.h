// What the tests of pulls share: a store in a folder of its own, and a model's bytes.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "net/egress.h"
#include "os/file.h"
#include "store/models.h"

namespace shoal::store {

// Begins as a GGUF file does; the rest is noise that is the same in every run.
inline std::string sample_bytes(std::size_t size = 3'000'000, unsigned seed = 1) {
  std::string bytes = "GGUF";
  for (unsigned x = seed; bytes.size() < size;)
    bytes += static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  return bytes;
}

class StoreTest : public testing::Test {
 protected:
  StoreTest() { write("right.gguf", bytes_); }

  std::string write(std::string const& name, std::string_view bytes) {
    EXPECT_TRUE(os::write_file_atomically(folder_.path() + "/" + name, bytes));
    return "file:" + folder_.path() + "/" + name;
  }
  std::string right() const { return "file:" + folder_.path() + "/right.gguf"; }

  static CatalogEntry entry(std::vector<std::string> const& sources, std::string_view bytes,
                            std::string const& name = "small") {
    CatalogFile file{.file = "small.gguf", .size = bytes.size(), .sha256 = sha256(bytes)};
    for (auto const& source : sources) file.sources.push_back(parse_assembly(source).value());
    return {.name = name,
            .tag = "q4",
            .about = "Test.",
            .licence = "MIT",
            .engine = "llama",
            .files = {std::move(file)}};
  }
  // A store that knows one model, `small:q4`, from these sources.
  std::unique_ptr<ModelStore> open(std::vector<std::string> const& sources,
                                   std::string hub = "http://127.0.0.1:9") {
    Catalog catalog;
    catalog.add(entry(sources, bytes_));
    return ModelStore::open(
               {.folder = models_, .catalog = std::move(catalog), .hubs = {.hf = std::move(hub)}}, egress_,
               clock_)
        .value();
  }
  Result<PullResult> pull(ModelStore& store, PullOptions options = {}) {
    if (!options.on_note)
      options.on_note = [this](std::string_view note) { notes_ += std::string(note) + "\n"; };
    return store.pull("small", account_, options);
  }
  std::string installed_bytes() const {
    return os::read_file(models_ + "/small/q4/small.gguf", 1 << 24).value_or("none");
  }
  // Files below the models' folder, but for locks.
  std::vector<std::string> files_left() const {
    std::vector<std::string> files;
    for (auto const& it : std::filesystem::recursive_directory_iterator(models_)) {
      auto path = std::filesystem::relative(it.path(), models_).string();
      if (it.is_regular_file() && !path.starts_with(".locks/")) files.push_back(path);
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  std::string const bytes_ = sample_bytes();
  os::TemporaryFolder folder_ = os::TemporaryFolder::create("shoal-models").value();
  std::string const models_ = folder_.path() + "/models";
  net::Egress egress_{net::Proxies{}};
  net::EgressAccount account_{net::EgressPolicy{.allow = net::EgressPolicy::Allow::all}};
  SystemClock clock_;
  std::string notes_;
};

}  // namespace shoal::store
