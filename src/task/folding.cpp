#include "task/folding.h"

#include <algorithm>

#include "base/characters.h"
#include "base/text.h"

namespace shoal::task {

std::u32string to_code_points(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) out.push_back(next_code_point(text, at));
  return out;
}

std::string to_utf8(std::u32string_view text) {
  std::string out;
  for (auto c : text) append_utf8(out, c);
  return out;
}

std::u32string fold_space(std::string_view text) {
  std::u32string out;
  bool space = false;
  for (std::size_t at = 0; at < text.size();) {
    auto c = next_code_point(text, at);
    if (is_space(c)) {
      space = true;
      continue;
    }
    if (space && !out.empty() && !is_unspaced(out.back()) && !is_unspaced(c)) out.push_back(U' ');
    space = false;
    out.push_back(c);
  }
  return out;
}

std::string excerpt(std::string_view text, std::size_t most) {
  // A character has up to four bytes, and folding only shortens.
  auto folded = fold_space(text.substr(0, std::min(text.size(), most * 8 + 64)));
  bool cut = folded.size() > most || text.size() > most * 8 + 64;
  if (folded.size() > most) folded.resize(most);
  return printable(to_utf8(folded)) + (cut ? "…" : "");
}

}  // namespace shoal::task
