#include "task/characters.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace shoal::task {
namespace {

struct Range {
  char32_t first, last;
};

constexpr std::array<Range, 9> kUnspaced = {{
    {0x0E00, 0x0EFF},  // Thai, Lao
    {0x1000, 0x109F},  // Burmese
    {0x1780, 0x17FF},  // Khmer
    {0x2E80, 0x30FF},  // radicals, CJK punctuation, kana
    {0x31C0, 0x9FFF},  // CJK
    {0xF900, 0xFAFF},  // compatibility CJK
    {0xFE30, 0xFE4F},  // vertical forms
    {0xFF00, 0xFFEF},  // full width
    {0x20000, 0x3FFFF},
}};

// The zeros of the scripts whose ten digits follow each other.
constexpr std::array<char32_t, 10> kZeros = {'0',    0x0660, 0x06F0, 0x07C0, 0x0966,
                                             0x09E6, 0x0BE6, 0x0E50, 0x0ED0, 0xFF10};

}  // namespace

bool is_space(char32_t c) {
  if (c <= 0x20) return c == ' ' || (c >= '\t' && c <= '\r');
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_unspaced(char32_t c) {
  return std::any_of(kUnspaced.begin(), kUnspaced.end(),
                     [c](Range range) { return c >= range.first && c <= range.last; });
}

std::optional<int> digit_value(char32_t c) {
  for (auto zero : kZeros) {
    if (c >= zero && c <= zero + 9) return static_cast<int>(c - zero);
  }
  return std::nullopt;
}

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
