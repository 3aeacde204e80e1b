// Where the answers of a batch go: a stream, or a file that a later command goes on with. Beside a file OUT
// lies OUT.shoal, which says what it was made of: of which program, and for each line the mark of its input
// and whether it failed. So no line is done twice, a failed one is done again, and another program or input
// is noticed.
#pragma once

#include <cstdint>
#include <fstream>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace shoal::cli {

struct BatchProgram {
  std::string name;
  std::string fingerprint;  // of all that decides the answers but the lines
};

// What tells one line of input from another.
std::string mark_of(std::string_view line);

struct EarlierAnswer {
  std::string answer;  // its line in the file
  std::string mark;    // of the input's line
  bool failed = false;
};

// What earlier commands wrote, from the first line to the last. One thread.
class EarlierAnswers {
 public:
  // Empty where there is no file. already_exists: the file was not written for this program.
  static Result<std::unique_ptr<EarlierAnswers>> read(std::string const& path, BatchProgram const& program);

  std::uint64_t count() const { return count_; }
  std::uint64_t failed() const { return failed_; }
  std::uint64_t bytes() const { return bytes_; }  // of the file, up to the end of the last whole answer

  // The next one; nothing behind the last.
  Result<std::optional<EarlierAnswer>> next();
  // The same, which must answer the line with this mark: already_exists otherwise.
  Result<std::optional<EarlierAnswer>> next_for(std::string const& mark);
  // At the end of the input. already_exists: there are answers to more lines.
  Result<void> expect_end();

 private:
  Result<void> check_header(BatchProgram const& program);
  Result<void> count_answers();

  std::string path_;
  std::ifstream file_, marks_;
  std::uint64_t count_ = 0, failed_ = 0, bytes_ = 0, given_ = 0;
};

// One thread.
class AnswerWriter {
 public:
  static std::unique_ptr<AnswerWriter> to_stream(std::ostream& out);
  // Goes on behind the earlier answers; where some of them failed it writes a new file with all, which takes
  // the place of the old one in finish().
  static Result<std::unique_ptr<AnswerWriter>> to_file(std::string const& path, BatchProgram const& program,
                                                       EarlierAnswers const& earlier);
  // A new file that was not finished is removed.
  ~AnswerWriter();

  // Whether earlier answers have to be written, too.
  bool rewrites() const { return rewrites_; }
  // Killed at any moment, it leaves whole answers, each with its mark.
  Result<void> write(std::string const& answer, std::string const& mark, bool failed);
  Result<void> finish();

 private:
  AnswerWriter() = default;

  std::string path_;  // "": a stream
  std::ofstream file_, marks_;
  std::ostream* out_ = nullptr;
  bool rewrites_ = false;
};

}  // namespace shoal::cli
