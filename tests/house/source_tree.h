// The source tree as the house rules see it: files, what they include, and the rooms of src/layers.txt.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace shoal::house {

struct Include {
  int line = 0;
  std::string path;     // between the quotes or brackets
  bool quoted = false;  // "…", else <…>
};

struct SourceFile {
  std::string path;  // below the root: "src/graph/plan.h"
  std::string room;  // "graph"; "engines/*" for engines; "" outside the rooms
  std::vector<Include> includes;

  bool is_header() const { return path.ends_with(".h"); }
  // Tests, benchmarks and what only they use.
  bool is_test() const;
};

// The C++ files of src/, engines/, tests/ and fuzz/ under `root`.
std::vector<SourceFile> read_tree(std::string const& root);

// "room: the rooms it uses", as src/layers.txt says, lowest first.
struct Layers {
  std::vector<std::string> order;
  std::map<std::string, std::vector<std::string>> uses;
};
Layers read_layers(std::string const& root);

// Floors of rooms, as docs/architecture.md shows them.
std::string drawing(Layers const& layers);

}  // namespace shoal::house
