// The command lines that the documents show are such that `shoal` would take them.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/verbs.h"
#include "markdown.h"

namespace shoal::house {
namespace {

// The words of the first command of a line as a shell sees them, up to a comment, a pipe or another command.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::optional<std::string> word;
  char quote = 0;
  int depth = 0;  // of $( … ), which is one word or part of one
  for (char const c : line) {
    if (depth > 0 || (c == '(' && word && word->ends_with('$'))) {
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    } else if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        *word += c;
      }
    } else if (c == ';') {
      break;
    } else if (c == '"' || c == '\'') {
      quote = c;
      word = word.value_or("");
    } else if (c == ' ') {
      if (word) words.push_back(*std::exchange(word, std::nullopt));
    } else if (!word && std::string_view("#|&;<>").find(c) != std::string_view::npos) {
      return words;
    } else {
      word = word.value_or("") + c;
    }
  }
  if (word) words.push_back(*word);
  return words;
}

// What is wrong with the words behind `shoal`.
Result<void> check_command(std::vector<std::string> words) {
  auto const verbs = cli::all_verbs();
  if (words.empty() || words[0].starts_with("--")) return {};
  for (std::size_t count : {2u, 1u}) {
    if (words.size() < count) continue;
    auto const name = count == 2 ? words[0] + " " + words[1] : words[0];
    auto const verb =
        std::find_if(verbs.begin(), verbs.end(), [&](auto const& each) { return each.name == name; });
    if (verb == verbs.end()) continue;
    words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count));
    if (std::find(words.begin(), words.end(), "--help") != words.end()) return {};
    TRY(cli::parse_arguments(*verb, words));
    return {};
  }
  return Error(Code::not_found, "there is no verb `" + words[0] + "`");
}

// The command lines of a block for a shell; in a recorded session they begin with `$`.
std::vector<std::pair<int, std::string>> commands_of(FencedBlock const& block) {
  std::vector<std::pair<int, std::string>> commands;
  int number = block.line;
  for (std::string_view line : split(block.text, '\n')) {
    if (line.starts_with("$ ")) line.remove_prefix(2);
    for (auto at = line.find("shoal "); at != line.npos; at = line.find("shoal ", at + 1)) {
      bool const begins =
          at == 0 || line.substr(0, at).ends_with("| ") || line.substr(0, at).ends_with("&& ");
      if (begins) commands.emplace_back(number, std::string(line.substr(at)));
    }
    ++number;
  }
  return commands;
}

TEST(Docs, CommandsThatAreShownAreTaken) {
  int shown = 0;
  for (auto const& page : read_documents(SHOAL_SOURCE_DIR)) {
    std::vector<std::pair<int, std::string>> commands;
    for (auto const& block : page.blocks) {
      if (block.language != "sh" && block.language != "console") continue;
      for (auto& command : commands_of(block)) commands.push_back(std::move(command));
    }
    for (auto const& code : page.code) {
      if (code.text.starts_with("shoal ")) commands.emplace_back(code.line, code.text);
    }
    for (auto const& [line, command] : commands) {
      ++shown;
      auto words = words_of(command);
      words.erase(words.begin());
      auto const checked = check_command(std::move(words));
      EXPECT_TRUE(checked) << page.path << ":" << line << ": " << command << ": "
                           << checked.error().message();
    }
  }
  EXPECT_GE(shown, 10);
}

}  // namespace
}  // namespace shoal::house
