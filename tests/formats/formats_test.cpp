// Documents as they were written for each version of the format, and the plans that they made then. A change
// of the format that old documents notice is seen here. SHOAL_UPDATE_FORMATS=1 writes the plans anew: only
// for documents that are new, or where the plan's own text changed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "graph/graph.h"
#include "graph/migration.h"
#include "graph/test_catalog.h"
#include "task/task.h"
#include "tests/formats/plan_text.h"

namespace shoal::graph {
namespace {

namespace fs = std::filesystem;

std::string read(fs::path const& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

std::vector<fs::path> documents_of(int version) {
  std::vector<fs::path> documents;
  auto const folder = fs::path(SHOAL_SOURCE_DIR) / "tests/formats" / std::to_string(version);
  for (auto const& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") documents.push_back(entry.path());
  }
  return documents;
}

Result<std::string> plan_of(std::string const& text, std::string const& file) {
  return text_of(plan(TRY(check(TRY(parse(text, file)), test_catalog()))));
}

TEST(Formats, DocumentsOfEveryVersionMakeThePlansThatTheyMade) {
  for (int version = 1; version <= kFormatVersion; ++version) {
    auto const documents = documents_of(version);
    EXPECT_GE(documents.size(), 3u) << "version " << version;
    for (auto const& file : documents) {
      auto const text = read(file);
      if (text.find("\ntask:") != text.npos) continue;
      auto const expected = fs::path(file).replace_extension(".plan");
      auto const plan = plan_of(text, file.filename().string());
      ASSERT_TRUE(plan.has_value()) << plan.error().message();
      if (std::getenv("SHOAL_UPDATE_FORMATS") != nullptr) std::ofstream(expected, std::ios::binary) << *plan;
      EXPECT_EQ(*plan, read(expected)) << file;
    }
  }
}

TEST(Formats, TasksOfEveryVersionAreReadWithoutProblems) {
  int tasks = 0;
  for (int version = 1; version <= kFormatVersion; ++version) {
    for (auto const& file : documents_of(version)) {
      auto const text = read(file);
      if (text.find("\ntask:") == text.npos) continue;
      ++tasks;
      auto const parsed = task::parse(text, file.filename().string());
      ASSERT_TRUE(parsed.has_value()) << parsed.error().message();
      EXPECT_TRUE(parsed->problems.empty()) << to_error(parsed->problems, file.filename().string()).message();
      EXPECT_FALSE(parsed->ladder.empty());
    }
  }
  EXPECT_GE(tasks, kFormatVersion);
}

// What a document must not do is be taken for one of another version.
TEST(Formats, ADocumentWithoutAVersionOrOfANewerOneSaysSo) {
  auto const problems = [](std::string const& head) {
    auto const parsed = parse(head + "pipeline: p\nsteps: {}\noutputs: {one: 1}\n", "p.yaml");
    return parsed->problems.empty() ? "none" : to_error(parsed->problems, "p.yaml").message();
  };
  EXPECT_EQ(problems("shoal: 1\n"), "none");
  EXPECT_EQ(problems(""), "p.yaml:1:1: the version of the format is missing (begin with `shoal: 1`)");
  EXPECT_EQ(problems("shoal: 0\n"),
            "p.yaml:1:8: `shoal` is the version of the format, not `0` (write `shoal: 1`)");
  EXPECT_EQ(
      problems("shoal: 2\n"),
      "p.yaml:1:8: version 2 of the format is not supported; this program reads version 1 (update shoal)");
}

}  // namespace
}  // namespace shoal::graph
