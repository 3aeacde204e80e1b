// What kind a character is, as far as cutting and comparing texts needs it: a few ranges that hold for
// English, German, Chinese, Arabic and their neighbours. For this room only; any thread.
#pragma once

#include <string_view>

namespace shoal::functions {

// White space of any script, line ends included.
bool is_space(char32_t c);
// Takes no room and has no meaning of its own: soft hyphens, joiners, direction marks, tatweel.
bool is_ignorable(char32_t c);
// Of a script that writes without spaces between words (Chinese, Japanese, Thai, …), its punctuation
// included. About two such characters make a word.
bool is_unspaced(char32_t c);
bool is_digit(char32_t c);
// A letter, a digit or a mark of any script.
bool is_word_part(char32_t c);
// Only where it is certain: Latin, Greek, Cyrillic.
bool is_lower(char32_t c);
bool is_upper(char32_t c);
// The small letter of a capital one, for comparing: Latin without its rarer letters, Greek, Cyrillic.
char32_t to_lower(char32_t c);

// . ! ? … and what other scripts use.
bool ends_sentence(char32_t c);
// , ; : — and what other scripts use.
bool ends_clause(char32_t c);
// Closing quotes and brackets, which belong to the sentence before them.
bool closes(char32_t c);

}  // namespace shoal::functions
