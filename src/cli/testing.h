// For the tests of this room: the whole command line over a home of its own, with the documents and engine
// manifests of the source tree. No engine is started; functions run in this process.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/cli.h"
#include "net/egress.h"

namespace shoal::cli {

class TestFolder {
 public:
  TestFolder() {
    auto name = (std::filesystem::temp_directory_path() / "shoal-cli-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(TestFolder const&) = delete;
  TestFolder& operator=(TestFolder const&) = delete;

  std::string const& path() const { return path_; }
  std::string write(std::string const& name, std::string_view text) const {
    auto const file = path_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(file).parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }

 private:
  std::string path_;
};

inline std::string read_text(std::string const& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

class TestClock final : public Clock {
 public:
  MonotonicTime now() const override { return MonotonicTime(now_); }
  WallTime wall() const override { return SystemClock().wall(); }
  void advance(Duration by) { now_ += by; }

 private:
  Duration now_ = std::chrono::hours(1);
};

struct Outcome {
  int status = 0;
  std::string out;
  std::string error;
};

class Shell {
 public:
  Terminal terminal{true, false, false, false, 80};
  std::string input;
  std::stop_source stop;
  int homes_opened = 0;
  std::vector<runtime::Finding> findings;

  Outcome run(std::vector<std::string> const& words) {
    std::istringstream in(input);
    std::ostringstream out, error;
    SystemClock const clock;
    Environment environment{in, out, error, clock, terminal, "1.2.3", stop.get_token(), {}, {}, {}, {}};
    environment.open_home = [&](HomeRequest request) -> Result<std::unique_ptr<runtime::Runtime>> {
      ++homes_opened;
      runtime::Runtime::Options options;
      options.home = {folder_.path() + "/data", folder_.path() + "/config", folder_.path() + "/cache"};
      options.installation = {SHOAL_SOURCE_DIR "/engines", SHOAL_SOURCE_DIR};
      options.mirror_files = std::move(request.mirror_files);
      options.on_wait = std::move(request.on_wait);
      return runtime::Runtime::open(std::move(options), egress_, clock);
    };
    environment.examine = [&](std::vector<std::string>) { return findings; };
    Outcome outcome;
    outcome.status = cli::run(environment, words);
    outcome.out = out.str();
    outcome.error = error.str();
    return outcome;
  }

  TestFolder const& folder() const { return folder_; }

 private:
  TestFolder folder_;
  net::Egress egress_;
};

}  // namespace shoal::cli
