// A stream of lines that may be any stream: a line has a largest length, and memory does not grow with what
// comes. One thread.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>

#include "base/result.h"

namespace shoal::cli {

inline constexpr std::size_t kMostLineBytes = 16'000'000;

class LineReader {
 public:
  // `name` is what messages call it; `in` outlives it.
  LineReader(std::istream& in, std::string name, std::size_t most_bytes = kMostLineBytes)
      : in_(in), name_(std::move(name)), most_bytes_(most_bytes) {}

  struct Line {
    std::uint64_t number = 0;  // of all lines, from 1
    std::string text;
    bool too_long = false;  // then `text` is its beginning
  };
  // The next line that is not blank; nothing at the end. invalid_argument: a line without an end in sight.
  Result<std::optional<Line>> next();

  std::uint64_t bytes_read() const { return bytes_; }

 private:
  // false: nothing came before the end of the stream.
  Result<bool> read(Line& line);

  std::istream& in_;
  std::string name_;
  std::size_t most_bytes_;
  std::uint64_t number_ = 0, bytes_ = 0;
};

}  // namespace shoal::cli
