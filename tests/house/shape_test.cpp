// The shape of the C++ files: functions that fit in the eye, and nothing written twice. Both read the text as
// clang-format leaves it; they know no C++.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "source_tree.h"

namespace shoal::house {
namespace {

constexpr std::size_t kMostLines = 70;
constexpr std::size_t kSameLines = 6;

std::vector<std::string> lines_of(std::string const& path) {
  std::ifstream in(std::string(SHOAL_SOURCE_DIR) + "/" + path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t indent_of(std::string const& line) { return line.find_first_not_of(' '); }

bool starts_with_any(std::string_view text, std::vector<std::string_view> const& starts) {
  return std::any_of(starts.begin(), starts.end(), [&](auto start) { return text.starts_with(start); });
}

// A line that opens the body of a function or of a lambda with a name.
bool opens_function(std::vector<std::string> const& lines, std::size_t at) {
  std::string_view const line = trim(lines[at]);
  if (!line.ends_with("{") ||
      starts_with_any(line, {"namespace", "class", "struct", "enum", "union", "if (", "for (", "while (",
                             "switch (", "} ", "do {", "case ", "default:", "//"}))
    return false;
  // A signature may be broken over lines; its last one ends the parameters.
  return line.find(')') != std::string_view::npos;
}

// The line that closes what `at` opens: the next one that is indented no deeper and begins with a brace.
std::size_t end_of(std::vector<std::string> const& lines, std::size_t at) {
  for (auto end = at + 1; end < lines.size(); ++end) {
    auto const indent = indent_of(lines[end]);
    if (indent == std::string::npos) continue;
    if (indent <= indent_of(lines[at]) && lines[end][indent] == '}') return end;
  }
  return lines.size();
}

TEST(Shape, FunctionsFitInTheEye) {
  std::size_t seen = 0;
  for (auto const& file : read_tree(SHOAL_SOURCE_DIR)) {
    auto const lines = lines_of(file.path);
    for (std::size_t at = 0; at < lines.size(); ++at) {
      if (!opens_function(lines, at)) continue;
      ++seen;
      auto const length = end_of(lines, at) - at + 1;
      EXPECT_LE(length, kMostLines) << file.path << ":" << at + 1 << ": a function of " << length
                                    << " lines: cut it";
    }
  }
  EXPECT_GT(seen, 1000u) << "the functions were not recognised";
}

struct Line {
  std::size_t number;
  std::string text;
};

// What says something: no blank lines, comments, includes, namespaces and lone brackets.
std::vector<Line> telling_lines(std::string const& path) {
  std::vector<Line> telling;
  auto const lines = lines_of(path);
  for (std::size_t at = 0; at < lines.size(); ++at) {
    auto const text = trim(lines[at]);
    bool const says = text.find_first_not_of("{}()[];,") != std::string_view::npos;
    if (says && !starts_with_any(text, {"//", "#", "} ", "namespace "}))
      telling.push_back({at + 1, std::string(text)});
  }
  return telling;
}

TEST(Shape, NothingIsWrittenTwice) {
  struct Place {
    std::string file;
    std::size_t line;
  };
  std::map<std::string, Place> places;
  for (auto const& file : read_tree(SHOAL_SOURCE_DIR)) {
    auto const lines = telling_lines(file.path);
    for (std::size_t at = 0; at + kSameLines <= lines.size(); ++at) {
      std::string run;
      for (auto i = at; i < at + kSameLines; ++i) run += lines[i].text + "\n";
      auto const [first, is_new] = places.try_emplace(std::move(run), Place{file.path, lines[at].number});
      EXPECT_TRUE(is_new) << file.path << ":" << lines[at].number << " has the same " << kSameLines
                          << " lines as " << first->second.file << ":" << first->second.line
                          << ": write them once";
    }
  }
  EXPECT_GT(places.size(), 10'000u) << "the lines were not read";
}

}  // namespace
}  // namespace shoal::house
