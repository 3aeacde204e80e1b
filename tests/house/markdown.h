// What the tests of the documents look at in a Markdown file. Lines count from 1.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shoal::house {

// Between two lines of ```.
struct FencedBlock {
  int line = 0;          // of its first line of text
  std::string language;  // behind the opening ```
  std::string text;
};

struct MarkdownSpan {
  int line = 0;
  std::string text;
};

struct Markdown {
  std::string path;  // below the root: "docs/engines.md"
  std::vector<FencedBlock> blocks;
  std::vector<MarkdownSpan> links;   // the targets of [text](target), outside of code
  std::vector<MarkdownSpan> code;    // `spans` in a line of text
  std::vector<std::string> anchors;  // of its headings, as links name them
};

Markdown parse_markdown(std::string path, std::string_view text);

// All Markdown files below `root` that are documents of this project, in the order of their paths.
std::vector<Markdown> read_documents(std::string const& root);

}  // namespace shoal::house
