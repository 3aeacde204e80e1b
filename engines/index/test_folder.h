// A temporary folder of one test, and passages for it. Nothing of the program includes it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/check.h"
#include "value/records.h"

namespace shoal::index_engine {

class TestFolder {
 public:
  TestFolder() {
    auto const pattern = (std::filesystem::temp_directory_path() / "shoal-index-XXXXXX").string();
    path_ = pattern;
    CHECK(mkdtemp(path_.data()) != nullptr);
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(TestFolder const&) = delete;
  TestFolder& operator=(TestFolder const&) = delete;

  std::string const& path() const { return path_; }
  std::string database() const { return path_ + "/index.db"; }

 private:
  std::string path_;
};

inline std::vector<value::Passage> passages_of(std::vector<std::string> const& texts) {
  std::vector<value::Passage> passages;
  for (auto const& text : texts) {
    value::Passage passage;
    passage.page = static_cast<std::int64_t>(passages.size() + 1);
    passage.id = "p" + std::to_string(passage.page);
    passage.text = text;
    passage.boxes = {{72, 100.25, 540, 112}};
    passages.push_back(std::move(passage));
  }
  return passages;
}

}  // namespace shoal::index_engine
