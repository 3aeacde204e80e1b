#include "task/edit_distance.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/characters.h"
#include "base/text.h"
#include "task/folding.h"

namespace shoal::task {
namespace {

using Symbols = std::vector<std::uint32_t>;

// Cells of the table that are computed at most: 64 a step, a step a few nanoseconds.
constexpr double kMostCells = 4294967296.0;

std::pair<std::span<std::uint32_t const>, std::span<std::uint32_t const>> without_same_ends(
    std::span<std::uint32_t const> a, std::span<std::uint32_t const> b) {
  std::size_t same = 0;
  auto most = std::min(a.size(), b.size());
  while (same < most && a[same] == b[same]) ++same;
  a = a.subspan(same);
  b = b.subspan(same);
  most -= same;
  same = 0;
  while (same < most && a[a.size() - 1 - same] == b[b.size() - 1 - same]) ++same;
  return {a.first(a.size() - same), b.first(b.size() - same)};
}

// 64 rows of the table: differences of neighbours down a column, as bits. The differences along its upper
// edge come in, those along its lower edge go out.
struct Block {
  std::uint64_t plus = ~std::uint64_t{0}, minus = 0;

  int step(std::uint64_t equal, int in, int last_row) {
    auto const vertical = equal | minus;
    if (in < 0) equal |= 1;
    auto const horizontal = (((equal & plus) + plus) ^ plus) | equal;
    auto up = minus | ~(horizontal | plus);
    auto down = plus & horizontal;
    int const out = static_cast<int>((up >> last_row) & 1) - static_cast<int>((down >> last_row) & 1);
    up <<= 1;
    down <<= 1;
    if (in > 0) up |= 1;
    if (in < 0) down |= 1;
    plus = down | ~(vertical | up);
    minus = up & vertical;
    return out;
  }
};

// The symbols as numbers 0 … count - 1.
class Numbering {
 public:
  Symbols number(std::span<std::uint32_t const> symbols) {
    Symbols out;
    out.reserve(symbols.size());
    for (auto symbol : symbols) {
      out.push_back(numbers_.try_emplace(symbol, static_cast<std::uint32_t>(numbers_.size())).first->second);
    }
    return out;
  }
  std::size_t count() const { return numbers_.size(); }

 private:
  std::unordered_map<std::uint32_t, std::uint32_t> numbers_;
};

std::optional<std::size_t> bounded_distance(Symbols const& a, Symbols const& b) {
  auto [left, right] = without_same_ends(a, b);
  if (static_cast<double>(left.size()) * static_cast<double>(right.size()) > kMostCells) return std::nullopt;
  return edit_distance(left, right);
}

double ratio(std::size_t distance, std::size_t a, std::size_t b) {
  auto const longer = std::max(a, b);
  return longer == 0 ? 0 : static_cast<double>(distance) / static_cast<double>(longer);
}

Symbols characters_of(std::string_view text) {
  auto const points = to_code_points(text);
  return Symbols(points.begin(), points.end());
}

// Words, and each character of scripts that do not part them, as numbers that `words` gives.
Symbols words_of(std::string_view text, std::unordered_map<std::string, std::uint32_t>& words) {
  Symbols out;
  std::string word;
  auto end_word = [&] {
    if (word.empty()) return;
    out.push_back(words.try_emplace(word, static_cast<std::uint32_t>(words.size())).first->second);
    word.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    auto const c = next_code_point(text, at);
    if (is_space(c)) {
      end_word();
      continue;
    }
    if (is_unspaced(c)) end_word();
    append_utf8(word, c);
    if (is_unspaced(c)) end_word();
  }
  end_word();
  return out;
}

}  // namespace

std::size_t edit_distance(std::span<std::uint32_t const> first, std::span<std::uint32_t const> second) {
  auto const [shorter, longer] =
      first.size() <= second.size() ? std::pair(first, second) : std::pair(second, first);
  if (shorter.empty()) return longer.size();
  Numbering numbering;
  auto const rows = numbering.number(shorter);
  auto const columns = numbering.number(longer);
  std::vector<std::int8_t> edge(columns.size(), 1);
  std::vector<std::uint64_t> equal(numbering.count(), 0);
  for (std::size_t begin = 0; begin < rows.size(); begin += 64) {
    auto const count = std::min<std::size_t>(64, rows.size() - begin);
    for (std::size_t i = 0; i < count; ++i) equal[rows[begin + i]] |= std::uint64_t{1} << i;
    Block block;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      edge[i] = static_cast<std::int8_t>(block.step(equal[columns[i]], edge[i], static_cast<int>(count) - 1));
    }
    for (std::size_t i = 0; i < count; ++i) equal[rows[begin + i]] = 0;
  }
  auto distance = static_cast<std::int64_t>(rows.size());
  for (auto difference : edge) distance += difference;
  return static_cast<std::size_t>(distance);
}

std::optional<double> edit_ratio(std::string_view a, std::string_view b) {
  auto const before = characters_of(a), after = characters_of(b);
  if (auto distance = bounded_distance(before, after)) return ratio(*distance, before.size(), after.size());
  std::unordered_map<std::string, std::uint32_t> words;
  auto const words_before = words_of(a, words), words_after = words_of(b, words);
  auto const distance = bounded_distance(words_before, words_after);
  if (!distance) return std::nullopt;
  return ratio(*distance, words_before.size(), words_after.size());
}

}  // namespace shoal::task
