#include "markdown.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace shoal::house {
namespace {

namespace fs = std::filesystem;

// "## What a worker may do" → "what-a-worker-may-do"; other bytes than ASCII stay.
std::string anchor_of(std::string_view heading) {
  std::string anchor;
  for (char const c : heading) {
    auto const byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || byte >= 0x80 || c == '-' || c == '_') {
      anchor += static_cast<char>(std::tolower(byte));
    } else if (c == ' ') {
      anchor += '-';
    }
  }
  return anchor;
}

// Takes the `code` out of a line, so that no link is found in it.
std::string without_code(std::string_view line, int number, std::vector<MarkdownSpan>& code) {
  std::string rest;
  while (true) {
    auto const open = line.find('`');
    auto const close = open == line.npos ? line.npos : line.find('`', open + 1);
    if (close == line.npos) return rest.append(line);
    rest.append(line.substr(0, open));
    code.push_back({number, std::string(line.substr(open + 1, close - open - 1))});
    line.remove_prefix(close + 1);
  }
}

void find_links(std::string_view line, int number, std::vector<MarkdownSpan>& links) {
  for (auto open = line.find("]("); open != line.npos; open = line.find("](", open + 2)) {
    auto const close = line.find(')', open);
    if (close == line.npos) return;
    links.push_back({number, std::string(line.substr(open + 2, close - open - 2))});
  }
}

}  // namespace

Markdown parse_markdown(std::string path, std::string_view text) {
  Markdown document;
  document.path = std::move(path);
  std::istringstream in{std::string(text)};
  FencedBlock* open = nullptr;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.starts_with("```")) {
      open = open ? nullptr : &document.blocks.emplace_back(FencedBlock{number + 1, line.substr(3), {}});
    } else if (open) {
      open->text += line + "\n";
    } else {
      auto const level = line.find_first_not_of('#');
      if (level > 0 && level != line.npos && line[level] == ' ')
        document.anchors.push_back(anchor_of(std::string_view(line).substr(level + 1)));
      find_links(without_code(line, number, document.code), number, document.links);
    }
  }
  return document;
}

std::vector<Markdown> read_documents(std::string const& root) {
  std::vector<fs::path> files;
  for (auto const& entry : fs::directory_iterator(root)) {
    if (entry.path().extension() == ".md") files.push_back(entry.path());
  }
  for (auto const* folder : {"docs", "examples", "demo", "bench", "fuzz", "engines"}) {
    if (!fs::exists(fs::path(root) / folder)) continue;
    for (auto const& entry : fs::recursive_directory_iterator(fs::path(root) / folder)) {
      if (entry.path().extension() == ".md") files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<Markdown> documents;
  for (auto const& file : files) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    documents.push_back(parse_markdown(fs::relative(file, root).generic_string(), text.str()));
  }
  return documents;
}

}  // namespace shoal::house
