// The user's guide has a page for every verb, with the help that the verb prints. With SHOAL_UPDATE_GUIDE set
// in the environment the help on the pages is written anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/verbs.h"
#include "os/file.h"

namespace shoal::house {
namespace {

namespace fs = std::filesystem;

std::string const kGuide = SHOAL_SOURCE_DIR "/docs/guide";
constexpr std::string_view kBegin = "```text\n";
constexpr std::string_view kEnd = "\n```\n";

std::string page_of(cli::Verb const& verb) { return replace_all(verb.name, " ", "-") + ".md"; }

std::string read(std::string const& file) {
  auto text = os::read_file(kGuide + "/" + file, 1u << 20);
  return text ? *text : std::string();
}

// The page with `help` in its first block for text.
std::string with_help(std::string const& page, std::string const& help) {
  auto const begin = page.find(kBegin);
  auto const end = begin == std::string::npos ? begin : page.find(kEnd, begin + kBegin.size() - 1);
  if (end == std::string::npos) return page;
  return page.substr(0, begin + kBegin.size()) + std::string(trim(help)) + page.substr(end);
}

TEST(Guide, EveryVerbHasAPageWithWhatItsHelpSays) {
  for (auto const& verb : cli::all_verbs()) {
    auto const page = read(page_of(verb));
    EXPECT_TRUE(page.starts_with("# shoal " + verb.name + "\n")) << "docs/guide/" << page_of(verb);
    auto const right = with_help(page, cli::help(verb));
    if (std::getenv("SHOAL_UPDATE_GUIDE")) {
      std::ofstream(kGuide + "/" + page_of(verb), std::ios::binary) << right;
      continue;
    }
    EXPECT_NE(page.find(std::string(kBegin) + std::string(trim(cli::help(verb))) + std::string(kEnd)),
              std::string::npos)
        << "docs/guide/" << page_of(verb) << " does not have what `shoal " << verb.name
        << " --help` says; SHOAL_UPDATE_GUIDE=1 build/release/test/docs_test writes it";
  }
}

TEST(Guide, TheIndexLeadsToEveryPageAndNoPageIsWithoutAVerb) {
  auto const index = read("README.md");
  std::vector<std::string> pages = {"README.md"};
  for (auto const& verb : cli::all_verbs()) {
    pages.push_back(page_of(verb));
    EXPECT_NE(index.find("| [" + verb.name + "](" + page_of(verb) + ") | " + verb.about + " |"),
              std::string::npos)
        << "docs/guide/README.md has no row: | [" << verb.name << "](" << page_of(verb) << ") | "
        << verb.about << " |";
  }
  for (auto const& entry : fs::directory_iterator(kGuide)) {
    auto const name = entry.path().filename().string();
    EXPECT_NE(std::find(pages.begin(), pages.end(), name), pages.end())
        << "docs/guide/" << name << " is of no verb";
  }
}

}  // namespace
}  // namespace shoal::house
