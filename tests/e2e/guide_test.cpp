// What the pages of the user's guide show is what the program does: every ```console block is run, and prints
// what stands there. In it `…` stands for anything within a line, and a line of only `…` for any number of
// lines.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>

#include "../house/markdown.h"
#include "base/text.h"
#include "os/file.h"
#include "os/run_program.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAnything = "…";

// A command and the lines that it prints on standard output.
struct Shown {
  int line = 0;
  std::string command;
  std::string output;
};

std::vector<Shown> commands_of(house::FencedBlock const& block) {
  std::vector<Shown> shown;
  int number = block.line;
  for (auto const line : split(trim(block.text), '\n')) {
    if (line.starts_with("$ ")) {
      shown.push_back({number, std::string(line.substr(2)), {}});
    } else if (!shown.empty()) {
      shown.back().output += std::string(line) + "\n";
    }
    ++number;
  }
  return shown;
}

std::regex pattern_of(std::string const& output) {
  static std::regex const special(R"([.^$|()\[\]{}*+?\\])");
  std::string pattern;
  for (auto const line : split(output, '\n')) {
    if (line == kAnything) {
      pattern += "(?:.*\n)*";
    } else if (!line.empty() || !pattern.empty()) {
      pattern += replace_all(std::regex_replace(std::string(line), special, R"(\$&)"), std::string(kAnything),
                             ".*") +
                 "\n";
    }
  }
  return std::regex(pattern.empty() ? "\\s*" : pattern.substr(0, pattern.size() - 1) + "\\s*");
}

class GuideTest : public testing::Test {
 protected:
  os::RunResult run(std::string const& command, std::string const& folder) const {
    os::Command shell;
    shell.program = os::find_program("bash").value();
    shell.arguments = {"-c", command};
    shell.working_folder = folder;
    shell.environment = os::inherited_environment({"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"});
    shell.environment.push_back("PATH=" SHOAL_BINARY_DIR "/bin:/usr/bin:/bin");
    shell.environment.push_back("SHOAL_HOME=" + home_.path());
    shell.environment.push_back("SHOAL_HOST=own");
    shell.environment.push_back("HOME=" + home_.path());
    auto result = os::run_program(shell, {.timeout = std::chrono::minutes(5)});
    EXPECT_TRUE(result) << command << ": " << result.error().message();
    return result ? *result : os::RunResult{};
  }

  os::TemporaryFolder home_ = os::TemporaryFolder::create("shoal-guide").value();
};

// Each page begins in a folder with a scanned letter and a text, and a home that is shared: what was read
// once is cached.
TEST_F(GuideTest, WhatThePagesShowHappens) {
  int commands = 0;
  for (auto const& page : house::read_documents(SHOAL_SOURCE_DIR)) {
    if (!page.path.starts_with("docs/guide/")) continue;
    auto const folder = os::TemporaryFolder::create("shoal-page").value();
    fs::copy_file(SHOAL_SOURCE_DIR "/examples/scans/shelf-cd.pdf", folder.path() + "/letter.pdf");
    ASSERT_TRUE(os::write_file_atomically(folder.path() + "/notes.txt", "milk\nbread\n"));
    for (auto const& block : page.blocks) {
      if (block.language != "console") continue;
      for (auto const& shown : commands_of(block)) {
        ++commands;
        auto const result = run(shown.command, folder.path());
        EXPECT_TRUE(std::regex_match(result.standard_output, pattern_of(shown.output)))
            << page.path << ":" << shown.line << ": " << shown.command << "\nprints:\n"
            << result.standard_output << "not:\n"
            << shown.output << "and says:\n"
            << result.standard_error;
      }
    }
  }
  EXPECT_GE(commands, 20);
}

TEST_F(GuideTest, BashLoadsTheCompletionAndCompletesVerbsOptionsAndNames) {
  auto const complete = [this](std::string const& words, int at) {
    return run("source <(shoal completion bash); COMP_WORDS=(" + words +
                   "); COMP_CWORD=" + std::to_string(at) + "; _shoal; printf '%s\\n' \"${COMPREPLY[@]}\"",
               home_.path())
        .standard_output;
  };
  EXPECT_EQ(complete("shoal docto", 1), "doctor\n");
  EXPECT_EQ(complete("shoal shelf sea", 2), "search\n");
  EXPECT_EQ(complete("shoal shelf search --to", 3), "--top\n");
  EXPECT_EQ(complete("shoal run --dr", 2), "--dry-run\n");
  EXPECT_EQ(complete("shoal run scan-to-t", 2), "scan-to-text\n");
  EXPECT_EQ(complete("shoal tasks answer-f", 2), "answer-from\n");
  // Files only where files are meant.
  ASSERT_TRUE(os::write_file_atomically(home_.path() + "/a letter.txt", "Dear reader"));
  EXPECT_EQ(complete("shoal run count 'a '", 3), "a letter.txt\n");
  EXPECT_EQ(complete("shoal cancel 'a '", 2), "\n");
  EXPECT_EQ(complete("shoal cancel --mirrors 'a '", 3), "a letter.txt\n");
}

constexpr std::pair<std::string_view, std::string_view> kCompleted[] = {
    {"shoal docto", "shoal doctor"},
    {"shoal shelf sea", "shoal shelf search"},
    {"shoal shelf search --to", "shoal shelf search --top"},
    {"shoal run --dr", "shoal run --dry-run"},
    {"shoal run scan-to-t", "shoal run scan-to-text"},
    {"shoal tasks answer-f", "shoal tasks answer-from"},
    {"shoal new plu", "shoal new plugin"},
};

// An interactive zsh on a terminal of its own, typed into.
constexpr std::string_view kZsh = R"(
zmodload zsh/zpty
zpty shell "TERM=dumb PS1='' zsh -f -i"
zpty -w shell 'autoload -Uz compinit; compinit -u -D; source <(shoal completion zsh)'
zpty -w shell 'say() { print -r -- "<<$BUFFER>>"; BUFFER= }; zle -N say; bindkey "^X" say; print READ''Y'
zpty -r -m shell out '*READY*'
while IFS= read -r words; do
  zpty -w -n shell "$words"$'\t\x18'
  zpty -r -m shell out '*<<*>>*'
  print -r -- "${${out##*<<}%%>>*}"
done
)";

TEST_F(GuideTest, ZshCompletesAsOneTypes) {
  if (!os::find_program("zsh")) GTEST_SKIP() << "needs zsh";
  ASSERT_TRUE(os::write_file_atomically(home_.path() + "/complete.zsh", kZsh));
  std::string typed, expected;
  for (auto const& [words, completed] : kCompleted) {
    typed += std::string(words) + "\n";
    expected += std::string(completed) + " \n";
  }
  ASSERT_TRUE(os::write_file_atomically(home_.path() + "/typed", typed));
  auto const result = run("timeout 120 zsh -f complete.zsh <typed", home_.path());
  EXPECT_EQ(result.standard_output, expected) << result.standard_error;
}

TEST_F(GuideTest, FishCompletesAsOneTypes) {
  if (!os::find_program("fish")) GTEST_SKIP() << "needs fish";
  for (auto const& [words, completed] : kCompleted) {
    auto const result = run(
        "fish --no-config -c \"shoal completion fish | source; complete -C '" + std::string(words) + "'\"",
        home_.path());
    auto const first = trim(split(result.standard_output, '\n').front());
    auto const word = completed.substr(completed.rfind(' ') + 1);
    EXPECT_EQ(first.substr(0, first.find('\t')), word) << words << result.standard_error;
    EXPECT_EQ(std::count(result.standard_output.begin(), result.standard_output.end(), '\n'), 1) << words;
  }
}

}  // namespace
}  // namespace shoal
