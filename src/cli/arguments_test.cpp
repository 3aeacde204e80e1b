#include "cli/arguments.h"

#include <gtest/gtest.h>

namespace shoal::cli {
namespace {

Verb example() {
  Verb verb;
  verb.name = "run";
  verb.positionals = "NAME [INPUT…]";
  verb.about = "Run something";
  verb.example = "shoal run x";
  verb.min_positionals = 1;
  verb.max_positionals = 3;
  verb.options = {{"--in", "", "NAME=VALUE", "An input"}, {"--strict", "", "", "Be strict"}};
  return verb;
}

TEST(Arguments, KeepsPositionalsWholeAndInOrder) {
  auto const parsed = parse_arguments(example(), {"name", "[1, 2]", "--strict", "-"});
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->positionals, (std::vector<std::string>{"name", "[1, 2]", "-"}));
  EXPECT_TRUE(parsed->has("--strict"));
  EXPECT_FALSE(parsed->has("--json"));
}

TEST(Arguments, AnOptionTakesOneValueAtATime) {
  auto const parsed = parse_arguments(example(), {"--in", "a=1", "name", "--in=b=[x,y]", "-q"});
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->values("--in"), (std::vector<std::string>{"a=1", "b=[x,y]"}));
  EXPECT_EQ(parsed->value("--in"), "b=[x,y]");
  EXPECT_EQ(parsed->positionals, std::vector<std::string>{"name"});
  EXPECT_TRUE(parsed->has("--quiet"));
}

TEST(Arguments, BehindTwoDashesEverythingIsText) {
  auto const parsed = parse_arguments(example(), {"name", "--", "--strict", "-1"});
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->positionals, (std::vector<std::string>{"name", "--strict", "-1"}));
  EXPECT_FALSE(parsed->has("--strict"));
}

std::string message_of(std::vector<std::string> const& words) {
  auto const parsed = parse_arguments(example(), words);
  if (parsed) return "no error";
  EXPECT_EQ(parsed.error().code(), Code::invalid_argument);
  return parsed.error().message();
}

TEST(Arguments, ErrorsNameTheWordAndTheNearestOption) {
  EXPECT_EQ(message_of({"name", "--strikt"}),
            "`shoal run` has no option `--strikt`; did you mean `--strict`?; a text that begins with `-` "
            "comes after "
            "`--`; see `shoal run --help`");
  EXPECT_EQ(message_of({}), "something is missing: shoal run NAME [INPUT…]; see `shoal run --help`");
  EXPECT_EQ(message_of({"a", "b", "c", "d"}), "`d` is too much for `shoal run`; see `shoal run --help`");
  EXPECT_NE(message_of({"name", "--in"}).find("--in"), std::string::npos);
}

TEST(Arguments, IntegersHaveARange) {
  Arguments arguments;
  EXPECT_EQ(*arguments.integer("--top", 10, 1, 20), 10);
  for (auto const* wrong : {"0", "21", "x", "2.5", ""}) {
    arguments.options["--top"] = {wrong};
    EXPECT_FALSE(arguments.integer("--top", 10, 1, 20)) << wrong;
  }
  arguments.options["--top"] = {"20"};
  EXPECT_EQ(*arguments.integer("--top", 10, 1, 20), 20);
}

TEST(Arguments, HelpHasUsageOptionsAndTheExample) {
  auto const text = help(example());
  for (auto const* part : {"Run something.", "shoal run NAME [INPUT…] [options]", "--in NAME=VALUE",
                           "-q, --quiet", "Example:\n  shoal run x\n"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

}  // namespace
}  // namespace shoal::cli
