// How much of a text was changed. For this room only; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace shoal::task {

// Levenshtein distance of two sequences, |a| · |b| / 64 steps (Myers 1999 in the blocks of Hyyrö 2003).
std::size_t edit_distance(std::span<std::uint32_t const> a, std::span<std::uint32_t const> b);

// The distance in characters over the length of the longer text, 0 … 1; by words where both texts are long
// (over about 65,000 characters). Nothing where even that would take more than about a second.
std::optional<double> edit_ratio(std::string_view a, std::string_view b);

}  // namespace shoal::task
