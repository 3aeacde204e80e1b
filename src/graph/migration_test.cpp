#include "graph/migration.h"

#include <gtest/gtest.h>

namespace shoal::graph {
namespace {

// A format that never was: its version 5 had `args` for `with`, 6 had `on_error: ignore` for `skip`.
Yaml const& steps_of(Yaml const& document) { return *document.find("steps"); }

void rename_args(Yaml const& document, Rewriter& rewriter) {
  for (auto const& step : steps_of(document).entries()) {
    for (auto const& entry : step.value.entries()) {
      if (entry.key == "args") rewriter.rename(entry, "with");
    }
  }
}

void say_skip(Yaml const& document, Rewriter& rewriter) {
  for (auto const& step : steps_of(document).entries()) {
    auto const* on_error = step.value.find("on_error");
    if (on_error != nullptr && on_error->text() == "ignore") rewriter.replace(*on_error, "skip");
  }
}

constexpr Migration kTable[] = {{5, rename_args}, {6, say_skip}};

Result<std::optional<std::string>> migrated(std::string const& text) {
  auto const document = TRY(Yaml::parse(text, "p.yaml"));
  return migrate(text, "p.yaml", document, kTable);
}

TEST(Migration, EditsWhatChangedAndNothingElse) {
  auto const result = migrated(R"(# Über alles
shoal: 5   # old
steps:
  zweite: {use: upper, args: {text: "args: $a"},   on_error: 'ignore'}   # stays
  a:
    "args":      # here, too
      text: ä
    on_error: ignore
layout: {a:   [1,2]}
)");
  ASSERT_TRUE(result.has_value()) << result.error().message();
  EXPECT_EQ(result->value_or("nothing"), R"(# Über alles
shoal: 7   # old
steps:
  zweite: {use: upper, with: {text: "args: $a"},   on_error: skip}   # stays
  a:
    with:      # here, too
      text: ä
    on_error: skip
layout: {a:   [1,2]}
)");
}

TEST(Migration, BeginsAtTheVersionOfTheDocument) {
  auto const result = migrated("shoal: 6\nsteps: {a: {args: {}, on_error: ignore}}\n");
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->value_or("nothing"), "shoal: 7\nsteps: {a: {args: {}, on_error: skip}}\n");
}

TEST(Migration, LeavesWhatIsOfNoOlderVersion) {
  for (auto const* version : {"7", "8", "4", "0", "five", "1.5", "[5]"})
    EXPECT_FALSE(migrated(std::string("shoal: ") + version + "\nsteps: {}\n").value()) << version;
  EXPECT_FALSE(migrated("steps: {}\n").value());
}

TEST(Migration, NamesThePlaceThatItCannotEdit) {
  auto const result = migrated("shoal: 6\nsteps:\n  a:\n    on_error: \"ig\\x6eore\"\n");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(
      result.error().message(),
      "p.yaml:4:15: this document is of an older version of the format, and this place cannot be brought "
      "up to date by itself (write it plainly, in one line)");
}

TEST(Migration, TheTableLeadsToTodaysVersion) {
  int version = kFormatVersion - static_cast<int>(migrations().size());
  for (auto const& migration : migrations()) EXPECT_EQ(migration.from, version++);
}

}  // namespace
}  // namespace shoal::graph
