// What becomes searchable of a text, in three steps around SQLite's own tokenizer (which folds case and
// accents and stems English): prepare() before it, cut() behind it. Pure functions; any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::index_engine {

// Makes one word of what SQLite would take for two or for another: words that a line end breaks
// ("exam-\nple"), soft hyphens and joiners, Arabic vowel signs and the forms of alef, ya and ta marbuta;
// digits of other scripts become 0 … 9, full-width letters plain ones.
std::string prepare(std::string_view text);

// Whether a text is indexed or asked for.
enum class Side { document, query };

// The terms of one of SQLite's words. One of Chinese or Japanese, which has no spaces in it, gives its pairs
// of neighbouring characters and, in a document, its last character. So a query of a single character finds,
// as a prefix, every place where it stands.
void cut(std::string_view word, Side side, std::function<void(std::string_view)> const& take);

// Whether a query's term stands for all terms that begin with it.
bool is_prefix(std::string_view term);

// Words that say nothing about what is asked for, in English, German and Arabic, to be tokenized as texts
// are.
std::string_view stop_words();

}  // namespace shoal::index_engine
