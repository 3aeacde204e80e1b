// How a quote is found in a passage: word for word, but for white space, capitals and what typesetting and
// scanning change (line-end hyphens, ligatures, the shape of quotation marks). For this room only; any
// thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "functions/passages.h"
#include "value/records.h"

namespace shoal::functions {

// A text as it is compared, and where each character of it comes from.
struct Folded {
  std::u32string text;
  std::vector<Span> places;  // of each character, in the text that was folded
};

Folded fold(std::string_view text);

// Where `quote` first stands in `text` as whole words. Quotation marks around it do not count, nor does
// punctuation at its end if it is not found with it. Nothing for a quote of less than two letters.
std::optional<Span> find_quote(Folded const& text, std::string_view quote);

// The boxes of the lines of `passage` that `part` of its text covers; all of them where lines and boxes do
// not correspond.
std::vector<value::Box> boxes_of(value::Passage const& passage, Span part);

}  // namespace shoal::functions
