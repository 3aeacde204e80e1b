#include "cli/lines.h"

#include <algorithm>

#include "base/text.h"

namespace shoal::cli {
namespace {

// No line of anything that is meant to have lines: times the largest length.
constexpr std::uint64_t kHopeless = 64;

}  // namespace

Result<bool> LineReader::read(Line& line) {
  auto& buffer = *in_.rdbuf();
  std::uint64_t length = 0;
  for (;;) {
    auto const next = buffer.sbumpc();
    if (next == std::char_traits<char>::eof()) return length > 0;
    ++bytes_;
    if (next == '\n') return true;
    if (++length <= most_bytes_) line.text.push_back(std::char_traits<char>::to_char_type(next));
    if (length <= kHopeless * most_bytes_) continue;
    return Error(Code::invalid_argument,
                 name_ + ":" + std::to_string(number_) + ": no end of this line within " +
                     human_bytes(kHopeless * most_bytes_) + "; is this a file of lines?");
  }
}

Result<std::optional<LineReader::Line>> LineReader::next() {
  for (;;) {
    Line line;
    line.number = ++number_;
    auto const before = bytes_;
    if (!TRY(read(line))) return std::optional<Line>();
    line.too_long = bytes_ - before > most_bytes_ + 1;
    if (line.too_long || !trim(line.text).empty()) return std::optional(std::move(line));
  }
}

}  // namespace shoal::cli
