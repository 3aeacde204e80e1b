#include "source_tree.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace shoal::house {
namespace {

namespace fs = std::filesystem;

std::string room_of(std::string const& path) {
  auto const parts = fs::path(path);
  auto part = parts.begin();
  if (part == parts.end()) return {};
  if (*part == "engines") return "engines/*";
  if (*part != "src") return {};
  return (++part)->string();
}

std::vector<Include> includes_of(fs::path const& file) {
  std::vector<Include> includes;
  std::ifstream in(file);
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (!line.starts_with("#include ")) continue;
    char const open = line[9];
    auto const end = line.find(open == '"' ? '"' : '>', 10);
    if (end != std::string::npos) includes.push_back({number, line.substr(10, end - 10), open == '"'});
  }
  return includes;
}

std::vector<std::string> words(std::string const& text) {
  std::istringstream in(text);
  std::vector<std::string> found;
  for (std::string word; in >> word;) found.push_back(word);
  return found;
}

// One above the highest room that it uses.
int floor_of(Layers const& layers, std::string const& room) {
  int floor = 0;
  for (auto const& used : layers.uses.at(room)) floor = std::max(floor, floor_of(layers, used) + 1);
  return floor;
}

}  // namespace

bool SourceFile::is_test() const {
  return path.starts_with("tests/") || path.starts_with("fuzz/") || path.ends_with("_test.cpp") ||
         path.ends_with("_bench.cpp") || path.find("/test_") != std::string::npos ||
         path.ends_with("/testing.h");
}

std::vector<SourceFile> read_tree(std::string const& root) {
  std::vector<SourceFile> files;
  for (auto const* folder : {"src", "engines", "tests", "fuzz"}) {
    if (!fs::exists(fs::path(root) / folder)) continue;
    for (auto const& entry : fs::recursive_directory_iterator(fs::path(root) / folder)) {
      auto const extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp") continue;
      auto const path = fs::relative(entry.path(), root).generic_string();
      files.push_back({path, room_of(path), includes_of(entry.path())});
    }
  }
  std::sort(files.begin(), files.end(), [](auto const& a, auto const& b) { return a.path < b.path; });
  return files;
}

Layers read_layers(std::string const& root) {
  Layers layers;
  std::ifstream in(root + "/src/layers.txt");
  for (std::string line; std::getline(in, line);) {
    auto const colon = line.find(':');
    if (line.empty() || line[0] == '#' || colon == std::string::npos) continue;
    auto const room = line.substr(0, colon);
    layers.order.push_back(room);
    layers.uses[room] = words(line.substr(colon + 1));
  }
  return layers;
}

std::string drawing(Layers const& layers) {
  std::map<int, std::vector<std::string>, std::greater<>> floors;
  std::size_t width = 0;
  for (auto const& room : layers.order) {
    floors[floor_of(layers, room)].push_back(room);
    width = std::max(width, room.size());
  }
  std::string text;
  for (auto const& [floor, rooms] : floors) {
    for (auto const& room : rooms) {
      text += " " + std::to_string(floor) + "  " + room + std::string(width - room.size(), ' ');
      for (std::size_t i = 0; i < layers.uses.at(room).size(); ++i) {
        text += (i == 0 ? "  → " : " ") + layers.uses.at(room)[i];
      }
      text += "\n";
    }
  }
  return text;
}

}  // namespace shoal::house
