#include "functions/letters.h"

#include <algorithm>
#include <array>

namespace shoal::functions {
namespace {

struct Range {
  char32_t first, last;
};

template <std::size_t N> bool in(std::array<Range, N> const& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](Range range) { return c >= range.first && c <= range.last; });
}

bool one_of(std::u32string_view set, char32_t c) { return set.find(c) != std::u32string_view::npos; }

// The Unicode Standard 15, Blocks.txt.
constexpr std::array<Range, 12> kUnspaced = {{
    {0x0E00, 0x0EFF},    // Thai, Lao
    {0x1000, 0x109F},    // Myanmar
    {0x1780, 0x17FF},    // Khmer
    {0x2E80, 0x2FDF},    // radicals
    {0x3000, 0x30FF},    // CJK punctuation, Hiragana, Katakana
    {0x3105, 0x312F},    // Bopomofo
    {0x31F0, 0x33FF},    // Katakana extensions, enclosed and compatibility forms
    {0x3400, 0x4DBF},    // Han
    {0x4E00, 0x9FFF},    // Han
    {0xF900, 0xFAFF},    // Han, compatibility
    {0xFF00, 0xFFEF},    // full-width forms
    {0x20000, 0x3FFFF},  // Han
}};

constexpr std::array<Range, 11> kNoWordPart = {{
    {0x0080, 0x00A9},
    {0x00AB, 0x00B4},
    {0x00B6, 0x00B9},
    {0x00BB, 0x00BF},
    {0x2000, 0x206F},  // general punctuation
    {0x20A0, 0x20CF},  // currencies
    {0x2190, 0x2BFF},  // arrows to symbols
    {0x2E00, 0x2E7F},  // more punctuation
    {0x3000, 0x3020},  // CJK punctuation
    {0xFE30, 0xFE6F},  // small and vertical forms
    {0xFF00, 0xFF0F},  // full-width punctuation
}};

bool is_ascii_letter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

bool is_space(char32_t c) {
  if (c <= 0x20) return c == ' ' || (c >= '\t' && c <= '\r');
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_ignorable(char32_t c) {
  return c == 0xAD || c == 0x0640 || c == 0x061C || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF;
}

bool is_unspaced(char32_t c) { return c >= 0x0E00 && in(kUnspaced, c); }

bool is_digit(char32_t c) {
  return (c >= '0' && c <= '9') || (c >= 0x0660 && c <= 0x0669) || (c >= 0x06F0 && c <= 0x06F9) ||
         (c >= 0xFF10 && c <= 0xFF19);
}

bool is_word_part(char32_t c) {
  if (c < 0x80) return is_ascii_letter(c) || (c >= '0' && c <= '9');
  if (c == 0xD7 || c == 0xF7 || c == 0xFFFD) return false;
  if (one_of(U"،؛؟٪٫٬٭۔।॥।！＇：；？［］｛｝～｡｢｣､･・「」『』、。", c)) return false;
  return !in(kNoWordPart, c) && !is_ignorable(c) && !is_space(c);
}

bool is_lower(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z';
  if (c >= 0xDF && c <= 0xFF) return c != 0xF7;
  if (c >= 0x100 && c <= 0x17F) return (c <= 0x137 || (c >= 0x14A && c <= 0x177)) ? c % 2 == 1 : c % 2 == 0;
  return (c >= 0x3AC && c <= 0x3CE) || (c >= 0x430 && c <= 0x45F);
}

bool is_upper(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z';
  if (c >= 0xC0 && c <= 0xDE) return c != 0xD7;
  if (c >= 0x100 && c <= 0x17F) return !is_lower(c);
  return (c >= 0x386 && c <= 0x3AB) || (c >= 0x400 && c <= 0x42F);
}

bool ends_sentence(char32_t c) { return one_of(U".!?…؟۔।。！？．｡", c); }
bool ends_clause(char32_t c) { return one_of(U",;:—–،؛，、；：", c); }
bool closes(char32_t c) { return one_of(U"\"')]}’”»›」』）】》〉］", c); }

char32_t to_lower(char32_t c) {
  bool const same_row = (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7) ||
                        (c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F);
  return same_row ? c + 32 : c;
}

}  // namespace shoal::functions
