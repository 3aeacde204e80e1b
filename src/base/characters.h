// What kind a character is, by the Unicode Character Database (through utf8proc) and a few ranges of
// Blocks.txt, so that all rooms and engines cut and compare texts alike. Pure functions; any thread.
#pragma once

#include <optional>

namespace shoal {

// White space of any script, line ends included.
bool is_space(char32_t c);
bool is_line_end(char32_t c);
// Takes no room and has no meaning of its own: soft hyphens, joiners, direction marks, tatweel.
bool is_ignorable(char32_t c);
// No character of a language: control characters (line ends and tabs too), surrogates, private and unassigned
// ones, and U+FFFD, which stands for bytes that are none.
bool is_meaningless(char32_t c);
// Of a script that writes without spaces between words (Chinese, Japanese, Thai, …), its punctuation
// included: a line end beside it is no space, and about two such characters make a word.
bool is_unspaced(char32_t c);
// A letter, a digit or a mark of any script.
bool is_word_part(char32_t c);
bool is_ascii_letter(char32_t c);
// A decimal digit of any script.
bool is_digit(char32_t c);
// 0 … 9 for a decimal digit of the common scripts.
std::optional<int> digit_value(char32_t c);
bool is_lower(char32_t c);
bool is_upper(char32_t c);
// The small letter of a capital one, by simple case folding; others stay.
char32_t to_lower(char32_t c);

}  // namespace shoal
