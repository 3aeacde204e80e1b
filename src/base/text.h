// Small text helpers that several rooms need. All texts are UTF-8; offsets are bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shoal {

// The first byte that is not valid UTF-8 (RFC 3629), if any.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);
// Invalid bytes replaced by U+FFFD.
std::string make_valid_utf8(std::string_view text);
// The code point that starts at `offset`, which moves behind it. Invalid bytes give U+FFFD.
char32_t next_code_point(std::string_view text, std::size_t& offset);
void append_utf8(std::string& out, char32_t code_point);
// For terminals and logs: what is not valid UTF-8 and control characters but line feed and tab
// become U+FFFD, so that a hostile name cannot move a cursor.
std::string printable(std::string_view text);
// For messages: the first 160 bytes, printable, between backticks.
std::string quoted(std::string_view text);

std::string_view trim(std::string_view text);  // ASCII white space
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(std::vector<std::string> const& parts, std::string_view separator);
std::string to_lower_ascii(std::string_view text);
std::string replace_all(std::string text, std::string_view from, std::string_view to);

// Levenshtein distance in bytes.
std::size_t edit_distance(std::string_view a, std::string_view b);
// The candidate a person most likely meant, or nothing when all are far.
std::optional<std::string> nearest_name(std::string_view name, std::vector<std::string> const& candidates);
// "did you mean `ocr.pages`?", or "" when all are far.
std::string did_you_mean(std::string_view name, std::vector<std::string> const& candidates);

// 491400064 → "491.4 MB" (powers of 1000), 950 → "950 B".
std::string human_bytes(std::uint64_t bytes);
// 0.0042 → "4.2 ms", 83 → "1 min 23 s".
std::string human_seconds(double seconds);
// "2GiB", "500MB", "64 KiB", "1024" → bytes; a lone letter is binary: "2G" is 2 GiB. Any case.
std::optional<std::uint64_t> parse_bytes(std::string_view text);
// "30s", "5m", "150ms", "2h", "1d" → seconds. A number without a unit is refused.
std::optional<double> parse_seconds(std::string_view text);

}  // namespace shoal
