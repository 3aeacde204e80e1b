// What checks need to know about characters, for English, German, Chinese, Arabic and their neighbours. For
// this room only; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace shoal::task {

// White space of any script, line ends included.
bool is_space(char32_t c);
// Of a script that writes without spaces between words (Chinese, Japanese, Thai, …) or its punctuation: a
// line end beside it is no space.
bool is_unspaced(char32_t c);
// 0 … 9 for a decimal digit of the common scripts.
std::optional<int> digit_value(char32_t c);

std::u32string to_code_points(std::string_view text);
std::string to_utf8(std::u32string_view text);

// Runs of white space as one space, none at the ends and none beside characters of unspaced scripts: two
// texts that differ in their line ends only become the same.
std::u32string fold_space(std::string_view text);

// For messages: the first `most` characters with white space folded and an ellipsis where more follow.
std::string excerpt(std::string_view text, std::size_t most = 60);

}  // namespace shoal::task
