// Texts as checks compare them. For this room only; any thread.
#pragma once

#include <string>
#include <string_view>

namespace shoal::task {

std::u32string to_code_points(std::string_view text);
std::string to_utf8(std::u32string_view text);

// Runs of white space as one space, none at the ends and none beside characters of unspaced scripts: two
// texts that differ in their line ends only become the same.
std::u32string fold_space(std::string_view text);

// For messages: the first `most` characters with white space folded and an ellipsis where more follow.
std::string excerpt(std::string_view text, std::size_t most = 60);

}  // namespace shoal::task
