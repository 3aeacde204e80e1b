// Documents of older versions of the format become documents of today's. Only the characters of what changed
// are edited: comments, order and layout stay as their author left them. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/yaml.h"

namespace shoal::graph {

inline constexpr int kFormatVersion = 1;  // that this program reads

// Collects edits of one text, each within a line.
class Rewriter {
 public:
  explicit Rewriter(std::string_view text);

  // The scalar as it is written, with its quotes.
  void replace(Yaml const& scalar, std::string text);
  void rename(Yaml::Entry const& entry, std::string key);
  // unsupported names the place that cannot be edited, because it is written in several lines or with
  // escapes.
  Result<std::string> finish(std::string_view file);

 private:
  struct Edit {
    std::size_t offset = 0, length = 0;
    std::string text;
  };
  void edit(Position position, std::string_view written, std::string text);

  std::string_view text_;
  std::vector<std::size_t> line_starts_;
  std::vector<Edit> edits_;
  std::optional<Position> stuck_;
};

// From one version to the next.
struct Migration {
  int from = 0;
  void (*edit)(Yaml const& document, Rewriter& rewriter) = nullptr;
};
// In the order of their versions, up to kFormatVersion. There is none yet: 1 is the first version.
std::span<Migration const> migrations();

// The document in the last version that the table leads to; nothing where it is not of an older one that the
// table begins with (check_version() says what is wrong then). `document` is `text`, parsed.
Result<std::optional<std::string>> migrate(std::string_view text, std::string_view file, Yaml const& document,
                                           std::span<Migration const> table = migrations());

}  // namespace shoal::graph
