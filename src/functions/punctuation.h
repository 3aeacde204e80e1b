// The signs at which texts are cut, in English, German, Chinese, Arabic and their neighbours. For this room
// only; any thread.
#pragma once

namespace shoal::functions {

// . ! ? … and what other scripts use.
bool ends_sentence(char32_t c);
// , ; : — and what other scripts use.
bool ends_clause(char32_t c);
// Closing quotes and brackets, which belong to the sentence before them.
bool closes(char32_t c);

}  // namespace shoal::functions
