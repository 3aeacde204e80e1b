#include "base/characters.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>

namespace shoal {
namespace {

struct Range {
  char32_t first, last;
};

constexpr std::array<Range, 9> kUnspaced = {{
    {0x0E00, 0x0EFF},  // Thai, Lao
    {0x1000, 0x109F},  // Myanmar
    {0x1780, 0x17FF},  // Khmer
    {0x2E80, 0x30FF},  // radicals, CJK punctuation, kana
    {0x3105, 0x9FFF},  // Bopomofo, enclosed and compatibility forms, Han
    {0xF900, 0xFAFF},  // Han, compatibility
    {0xFE30, 0xFE4F},  // vertical forms
    {0xFF00, 0xFFEF},  // full-width forms
    {0x20000, 0x3FFFF},
}};

// The zeros of scripts whose ten digits follow each other.
constexpr std::array<char32_t, 10> kZeros = {'0',    0x0660, 0x06F0, 0x07C0, 0x0966,
                                             0x09E6, 0x0BE6, 0x0E50, 0x0ED0, 0xFF10};

utf8proc_category_t category(char32_t c) { return utf8proc_category(static_cast<utf8proc_int32_t>(c)); }

bool is_ascii(char32_t c) { return c < 0x80; }

}  // namespace

bool is_space(char32_t c) {
  if (is_ascii(c)) return c == ' ' || (c >= '\t' && c <= '\r');
  auto const kind = category(c);
  return c == 0x85 || kind == UTF8PROC_CATEGORY_ZS || kind == UTF8PROC_CATEGORY_ZL ||
         kind == UTF8PROC_CATEGORY_ZP;
}

bool is_line_end(char32_t c) { return (c >= '\n' && c <= '\r') || c == 0x85 || c == 0x2028 || c == 0x2029; }

bool is_ignorable(char32_t c) {
  if (is_ascii(c)) return false;
  return c == 0x0640 || category(c) == UTF8PROC_CATEGORY_CF;
}

bool is_meaningless(char32_t c) {
  if (c == 0xFFFD) return true;
  switch (category(c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN: return true;
    default: return false;
  }
}

bool is_unspaced(char32_t c) {
  return c >= kUnspaced.front().first && std::any_of(kUnspaced.begin(), kUnspaced.end(), [c](Range range) {
           return c >= range.first && c <= range.last;
         });
}

bool is_ascii_letter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_word_part(char32_t c) {
  if (is_ascii(c)) return is_ascii_letter(c) || (c >= '0' && c <= '9');
  // Letters, marks and numbers are the first three groups of categories.
  auto const kind = category(c);
  return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_NO && !is_ignorable(c);
}

bool is_digit(char32_t c) { return is_ascii(c) ? c >= '0' && c <= '9' : category(c) == UTF8PROC_CATEGORY_ND; }

std::optional<int> digit_value(char32_t c) {
  for (auto zero : kZeros) {
    if (c >= zero && c <= zero + 9) return static_cast<int>(c - zero);
  }
  return std::nullopt;
}

bool is_lower(char32_t c) { return is_ascii(c) ? c >= 'a' && c <= 'z' : category(c) == UTF8PROC_CATEGORY_LL; }

bool is_upper(char32_t c) { return is_ascii(c) ? c >= 'A' && c <= 'Z' : category(c) == UTF8PROC_CATEGORY_LU; }

char32_t to_lower(char32_t c) {
  if (is_ascii(c)) return is_upper(c) ? c + 32 : c;
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}

}  // namespace shoal
