#include "graph/migration.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"

namespace shoal::graph {

Rewriter::Rewriter(std::string_view text) : text_(text) {
  if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  line_starts_.push_back(0);
  for (auto end = text_.find('\n'); end != text_.npos; end = text_.find('\n', end + 1))
    line_starts_.push_back(end + 1);
}

void Rewriter::edit(Position position, std::string_view written, std::string text) {
  CHECK(text.find('\n') == text.npos);
  auto offset = line_starts_.at(static_cast<std::size_t>(position.line - 1));
  for (auto column = position.column; column > 1 && offset < text_.size(); --column)
    next_code_point(text_, offset);
  auto const there = text_.substr(std::min(offset, text_.size()));
  for (std::string_view const quote : {"", "\"", "'"}) {
    auto const whole = std::string(quote) + std::string(written) + std::string(quote);
    if (there.starts_with(whole)) return edits_.push_back({offset, whole.size(), std::move(text)});
  }
  if (!stuck_) stuck_ = position;
}

void Rewriter::replace(Yaml const& scalar, std::string text) {
  edit(scalar.position(), scalar.text(), std::move(text));
}

void Rewriter::rename(Yaml::Entry const& entry, std::string key) {
  edit(entry.key_position, entry.key, std::move(key));
}

Result<std::string> Rewriter::finish(std::string_view file) {
  if (stuck_) {
    return to_error({{*stuck_,
                      "this document is of an older version of the format, and this place cannot be brought "
                      "up to date by itself",
                      "write it plainly, in one line"}},
                    file);
  }
  std::sort(edits_.begin(), edits_.end(), [](auto const& a, auto const& b) { return a.offset < b.offset; });
  std::string result;
  std::size_t done = 0;
  for (auto const& [offset, length, text] : edits_) {
    CHECK(offset >= done);
    result.append(text_.substr(done, offset - done)).append(text);
    done = offset + length;
  }
  return result.append(text_.substr(done));
}

std::span<Migration const> migrations() { return {}; }

Result<std::optional<std::string>> migrate(std::string_view text, std::string_view file, Yaml const& document,
                                           std::span<Migration const> table) {
  std::optional<std::string> result;
  Yaml current = document;
  for (auto const& migration : table) {
    auto const* version = current.find("shoal");
    bool const is_older =
        version != nullptr && version->kind() == Yaml::Kind::integer && version->integer() == migration.from;
    if (!is_older) continue;
    Rewriter rewriter(result ? std::string_view(*result) : text);
    rewriter.replace(*version, std::to_string(migration.from + 1));
    migration.edit(current, rewriter);
    result = TRY(rewriter.finish(file));
    current = TRY(Yaml::parse(*result, file));
  }
  return result;
}

}  // namespace shoal::graph
