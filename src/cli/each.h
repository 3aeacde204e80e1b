// `shoal run NAME --each FILE.jsonl`: a run for every line, one line out for every line in, in order. Memory
// does not grow with the number of lines.
#pragma once

#include <cstdint>
#include <fstream>
#include <iosfwd>
#include <memory>
#include <string>

#include "base/result.h"
#include "cli/execute.h"
#include "cli/session.h"

namespace shoal::cli {

// Where the lines go. A file goes on where an earlier command stopped: its whole lines stay, what a killed
// command left of the last one is cut off.
class LineWriter {
 public:
  static Result<LineWriter> to_stream(std::ostream& out);
  static Result<LineWriter> to_file(std::string const& path);

  // Lines that were there already.
  std::uint64_t lines_before() const { return lines_before_; }
  Result<void> write(Json const& line);

 private:
  LineWriter() = default;

  std::unique_ptr<std::ofstream> file_;
  std::ostream* out_ = nullptr;
  std::string name_;
  std::uint64_t lines_before_ = 0;
};

struct EachRequest {
  runtime::Target target;
  value::Value constant;  // inputs that all lines have in common, unless a line says otherwise
  std::string file;       // "-": standard input
  std::string out;        // "": standard output
  bool strict = false;
};
// Exit status 1 when an item failed; its line is {"error": {…}}.
Result<int> run_each(Session& session, EachRequest const& request);

}  // namespace shoal::cli
