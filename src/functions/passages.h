// How the text of a page becomes passages: stretches that are long enough to answer a question and
// short enough to be ranked. For this room only; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "value/records.h"

namespace shoal::functions {

// Bytes [begin, end) of a text.
struct Span {
  std::size_t begin = 0, end = 0;
  std::size_t size() const { return end - begin; }
  friend bool operator==(Span, Span) = default;
};

// Cuts into stretches of about 80 to 120 words (two characters of Chinese are a word), at the ends of
// paragraphs, else of sentences, else of clauses. The last one may have up to 150 words. A stretch that does
// not begin a paragraph may repeat the last sentence of the one before, if that is short.
std::vector<Span> cut_into_passages(std::string_view text);

// The sentences of a text; the last one may lack its end.
std::vector<Span> cut_into_sentences(std::string_view text);

// Where the words of a page stand in its text; empty where one is not found.
std::vector<Span> locate_words(value::Page const& page);

// The lines that `text` has, without empty ones and without white space at their ends.
std::vector<Span> lines_of(std::string_view text);

// The line of the document on which byte `offset` of a text stands that begins on line `first` of it; 0 where
// the document has no lines.
std::int64_t line_at(std::int64_t first, std::string_view text, std::size_t offset);

// All passages of one page, boxes made of the boxes of the page's own words.
std::vector<value::Passage> passages_of(value::Page const& page, std::string_view document,
                                        std::string_view title);

}  // namespace shoal::functions
