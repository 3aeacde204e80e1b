// The rules of the house that a compiler does not know.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <regex>
#include <sstream>
#include <thread>

#include "source_tree.h"

namespace shoal::house {
namespace {

std::string const kRoot = SHOAL_SOURCE_DIR;

std::string read(std::string const& path) {
  std::ifstream in(kRoot + "/" + path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool is_room(Layers const& layers, std::string const& name) { return layers.uses.contains(name); }

// "graph/plan.h" → "graph"; "" for what is no room's.
std::string room_of_include(Layers const& layers, Include const& include) {
  if (!include.quoted) return {};
  auto const first = include.path.substr(0, include.path.find('/'));
  if (first == "engines") return "engines/*";
  return is_room(layers, first) ? first : std::string();
}

TEST(House, LayersNameOnlyRoomsBelow) {
  auto const layers = read_layers(kRoot);
  ASSERT_GT(layers.order.size(), 10u);
  std::set<std::string> below;
  for (auto const& room : layers.order) {
    for (auto const& used : layers.uses.at(room)) {
      EXPECT_TRUE(below.contains(used) || (room == "apps" && used == "http"))
          << "src/layers.txt: " << room << " uses " << used << ", which is not below it";
    }
    below.insert(room);
  }
}

TEST(House, RoomsIncludeOnlyWhatLayersAllow) {
  auto const layers = read_layers(kRoot);
  for (auto const& file : read_tree(kRoot)) {
    if (file.room.empty()) continue;
    ASSERT_TRUE(is_room(layers, file.room)) << file.path << ": src/layers.txt has no line for " << file.room;
    auto const& allowed = layers.uses.at(file.room);
    for (auto const& include : file.includes) {
      auto const used = room_of_include(layers, include);
      // A test may use a test's helper of a room it sits above; that room is then listed as well.
      bool const own = used.empty() || used == file.room;
      EXPECT_TRUE(own || std::find(allowed.begin(), allowed.end(), used) != allowed.end())
          << file.path << ":" << include.line << ": " << file.room << " may not include " << include.path;
    }
  }
}

TEST(House, AnEngineIncludesNoOtherEngine) {
  for (auto const& file : read_tree(kRoot)) {
    if (file.room != "engines/*") continue;
    auto const folder = file.path.substr(0, file.path.find('/', 8) + 1);
    for (auto const& include : file.includes) {
      if (include.quoted && include.path.starts_with("engines/")) {
        EXPECT_TRUE(include.path.starts_with(folder)) << file.path << ":" << include.line;
      }
    }
  }
}

// A third party's headers are included here and nowhere else.
struct ThirdParty {
  char const* header;  // a regular expression
  char const* where;
};
constexpr ThirdParty kThirdParties[] = {
    {"nlohmann/.*", "src/base/json\\.cpp"},
    {"yaml-cpp/.*", "src/base/yaml\\.cpp"},
    {"spdlog/.*", "src/base/log\\.cpp"},
    {"openssl/.*", "src/(base/sha256|net/[a-z_]+)\\.cpp"},
    {"boost/property_tree/.*", "src/functions/hocr_test\\.cpp"},  // the parser that the test reads hOCR with
    {"boost/(?!property_tree/).*", "src/net/[a-z_]+\\.cpp"},
    {"CLI/.*", "src/cli/[a-z_]+\\.cpp"},
    {"sqlite3\\.h", "(src/store/[a-z_]+|engines/index/[a-z_]+)\\.cpp"},
    {"utf8proc\\.h", "src/base/characters\\.cpp"},
    {"re2/.*", "src/functions/[a-z_]+\\.cpp"},
    {"seccomp\\.h|linux/.*", "src/os/[a-z_]+\\.cpp"},
    {"sys/.*|unistd\\.h|fcntl\\.h|poll\\.h",
     "(src/os/[a-z_]+\\.cpp|src/net/[a-z_]+\\.cpp|src/net/test_server\\.h|engines/[a-z]+/[a-z_]+\\.cpp|tests/"
     ".*|src/(store|runtime|cli)/[a-z_]+_test\\.cpp|engines/llama/testing\\.h)"},
    {"tesseract/.*|leptonica/.*|fpdf.*\\.h", "engines/ocr/[a-z_]+\\.(cpp|h)"},
    {"(llama|ggml|gguf|mtmd|json-schema.*|jinja/.*)\\.h", "engines/llama/[a-z_]+\\.(cpp|h)"},
};

TEST(House, ThirdPartiesStopAtTheirPlace) {
  for (auto const& file : read_tree(kRoot)) {
    for (auto const& include : file.includes) {
      for (auto const& [header, where] : kThirdParties) {
        if (!std::regex_match(include.path, std::regex(header))) continue;
        EXPECT_TRUE(std::regex_match(file.path, std::regex(where)))
            << file.path << ":" << include.line << ": " << include.path << " belongs into " << where;
      }
    }
  }
}

TEST(House, EveryHeaderIsUsed) {
  auto const tree = read_tree(kRoot);
  for (auto const& header : tree) {
    if (!header.is_header()) continue;
    auto const stem = header.path.substr(0, header.path.size() - 2);
    bool const used = std::any_of(tree.begin(), tree.end(), [&](SourceFile const& file) {
      if (file.path == header.path) return false;
      // Its own .cpp does not count: nobody would miss the two.
      if (file.path == stem + ".cpp") return false;
      return std::any_of(file.includes.begin(), file.includes.end(), [&](Include const& include) {
        return include.quoted && ("/" + header.path).ends_with("/" + include.path);
      });
    });
    EXPECT_TRUE(used) << header.path << " is included by nobody";
  }
}

TEST(House, NoFileHasAnotherReasonToBeLarge) {
  for (auto const& file : read_tree(kRoot)) {
    auto const text = read(file.path);
    auto const lines = std::count(text.begin(), text.end(), '\n');
    EXPECT_LE(lines, file.is_test() ? 900 : 600) << file.path << ": split it by responsibility";
  }
}

TEST(House, TheDrawingInTheArchitecturePageIsTheHouse) {
  auto const text = drawing(read_layers(kRoot));
  EXPECT_NE(read("docs/architecture.md").find("```\n" + text + "```"), std::string::npos)
      << "docs/architecture.md must show:\n"
      << text;
}

// The flags with which this test was compiled are those of the build.
TEST(House, HeadersCompileAlone) {
  std::vector<std::string> headers;
  for (auto const& file : read_tree(kRoot)) {
    if (file.is_header() && file.path.starts_with("src/") && !file.is_test()) headers.push_back(file.path);
  }
  ASSERT_GT(headers.size(), 40u);
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::vector<std::string> broken;
  auto const compile = [&] {
    for (auto i = next++; i < headers.size(); i = next++) {
      auto const command = std::string(SHOAL_CXX) + " -std=gnu++20 -fsyntax-only -w -I'" + kRoot +
                           "/src' -x c++ '" + kRoot + "/" + headers[i] + "' >/dev/null 2>&1";
      if (std::system(command.c_str()) == 0) continue;
      std::lock_guard lock(mutex);
      broken.push_back(headers[i]);
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i)
    threads.emplace_back(compile);
  threads.clear();
  for (auto const& header : broken) ADD_FAILURE() << header << " does not compile alone";
}

}  // namespace
}  // namespace shoal::house
