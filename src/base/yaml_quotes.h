// Where quoted texts of YAML begin and end: the library says of a quote that was forgotten only where that
// began to hurt, which may be lines away. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace shoal {

// Behind the closing quote of the text that begins with a quote at `begin`; nothing where it has none.
std::optional<std::size_t> end_of_quoted(std::string_view text, std::size_t begin);

// The quoted text, of those that begin at or behind `from`, that has no end, or behind which
// stands `error`, where nothing may follow: why there is an error. `from` is a place between values.
struct QuotedText {
  std::size_t begin = 0;
  std::optional<std::size_t> end;
};
std::optional<QuotedText> find_suspect_quote(std::string_view text, std::size_t from, std::size_t error);

}  // namespace shoal
