#include "cli/answers.h"

#include <cerrno>
#include <filesystem>
#include <ostream>

#include "base/json.h"
#include "base/sha256.h"
#include "cli/output_file.h"

namespace shoal::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMarkLetters = 16;
constexpr char const* kNew = ".new";

std::string marks_of(std::string const& path) { return path + ".shoal"; }

std::string header_of(BatchProgram const& program) {
  return Json::object({{"shoal", 1}, {"run", program.name}, {"fingerprint", program.fingerprint}}).dump();
}

Error another(std::string const& path, std::string const& why) {
  return Error(Code::already_exists,
               "`" + path + "` " + why + "; choose another `--out`, or remove the file to begin anew");
}

Error unwritable(std::string const& path) {
  return Error(Code::unavailable, "`" + path + "` could not be written; is the disk full?");
}

}  // namespace

std::string mark_of(std::string_view line) { return sha256(line).hex().substr(0, kMarkLetters); }

Result<std::unique_ptr<EarlierAnswers>> EarlierAnswers::read(std::string const& path,
                                                             BatchProgram const& program) {
  auto earlier = std::make_unique<EarlierAnswers>();
  earlier->path_ = path;
  std::error_code failed;
  if (!fs::exists(path, failed) || fs::is_empty(path, failed)) return earlier;
  if (!fs::is_regular_file(path, failed)) return another(path, "is no ordinary file");
  earlier->file_.open(path, std::ios::binary);
  earlier->marks_.open(marks_of(path), std::ios::binary);
  if (!earlier->file_) return Error(Code::unavailable, "`" + path + "` could not be read");
  TRY(earlier->check_header(program));
  TRY(earlier->count_answers());
  return earlier;
}

Result<void> EarlierAnswers::check_header(BatchProgram const& program) {
  std::string line;
  if (!marks_ || !std::getline(marks_, line))
    return another(path_, "is there and was not written by `--each`");
  auto const header = Json::parse(line);
  if (!header || (*header)["shoal"] != Json(1)) return another(path_, "has a damaged " + marks_of(path_));
  if ((*header)["run"] != Json(program.name))
    return another(path_,
                   "has answers of `" + (*header)["run"].as_string() + "`, not of `" + program.name + "`");
  if ((*header)["fingerprint"] == Json(program.fingerprint)) return {};
  return another(path_, "has answers of another program: `" + program.name +
                            "`, something that it uses, or an input given by `--in` has changed since");
}

Result<void> EarlierAnswers::count_answers() {
  auto const first_mark = marks_.tellg();
  std::string mark, answer;
  while (std::getline(marks_, mark) && mark.size() == kMarkLetters + 2 && !marks_.eof()) {
    if (!std::getline(file_, answer) || file_.eof())
      return another(path_, "has fewer lines than were written to it");
    ++count_;
    failed_ += mark.front() == '-' ? 1 : 0;
    bytes_ += answer.size() + 1;
  }
  for (auto* stream : {&file_, &marks_}) stream->clear();
  file_.seekg(0);
  marks_.seekg(first_mark);
  return {};
}

Result<std::optional<EarlierAnswer>> EarlierAnswers::next() {
  if (given_ == count_) return std::optional<EarlierAnswer>();
  ++given_;
  EarlierAnswer earlier;
  std::string mark;
  if (!std::getline(marks_, mark) || !std::getline(file_, earlier.answer))
    return Error(Code::unavailable, "`" + path_ + "` could not be read");
  earlier.failed = mark.front() == '-';
  earlier.mark = mark.substr(2);
  return std::optional(std::move(earlier));
}

Result<std::optional<EarlierAnswer>> EarlierAnswers::next_for(std::string const& mark) {
  auto earlier = TRY(next());
  if (!earlier || earlier->mark == mark) return earlier;
  return another(path_, "has the answers to other lines: line " + std::to_string(given_) +
                            " of the input (blank ones left out) is not the one that was answered");
}

Result<void> EarlierAnswers::expect_end() {
  if (given_ == count_) return {};
  return another(path_, "has answers to " + std::to_string(count_) + " lines, and the input has only " +
                            std::to_string(given_));
}

std::unique_ptr<AnswerWriter> AnswerWriter::to_stream(std::ostream& out) {
  std::unique_ptr<AnswerWriter> writer(new AnswerWriter());
  writer->out_ = &out;
  return writer;
}

Result<std::unique_ptr<AnswerWriter>> AnswerWriter::to_file(std::string const& path,
                                                            BatchProgram const& program,
                                                            EarlierAnswers const& earlier) {
  std::unique_ptr<AnswerWriter> writer(new AnswerWriter());
  writer->path_ = path;
  writer->rewrites_ = earlier.failed() > 0;
  bool const anew = writer->rewrites_ || earlier.count() == 0;
  auto const suffix = writer->rewrites_ ? kNew : "";
  if (!anew) {
    // What a killed command left without a mark.
    auto const header = header_of(program).size() + 1;
    std::error_code failed;
    fs::resize_file(path, earlier.bytes(), failed);
    if (!failed) fs::resize_file(marks_of(path), header + earlier.count() * (kMarkLetters + 3), failed);
    if (failed) return Error(Code::unavailable, "`" + path + "` could not be written: " + failed.message());
  }
  auto const mode = std::ios::binary | (anew ? std::ios::trunc : std::ios::app);
  errno = 0;
  writer->file_.open(path + suffix, mode);
  writer->marks_.open(marks_of(path) + suffix, mode);
  writer->out_ = &writer->file_;
  if (anew) writer->marks_ << header_of(program) << '\n' << std::flush;
  if (!writer->file_ || !writer->marks_) return cannot_open(path, "--out", errno);
  return writer;
}

AnswerWriter::~AnswerWriter() {
  if (!rewrites_) return;
  std::error_code unimportant;
  for (auto const& file : {path_ + kNew, marks_of(path_) + kNew}) fs::remove(file, unimportant);
}

Result<void> AnswerWriter::write(std::string const& answer, std::string const& mark, bool failed) {
  *out_ << answer << '\n' << std::flush;
  if (!*out_)
    return path_.empty() ? Error(Code::unavailable, "standard output could not be written")
                         : unwritable(path_);
  if (path_.empty()) return {};
  marks_ << (failed ? "- " : "+ ") << mark << '\n' << std::flush;
  return marks_ ? Result<void>() : unwritable(marks_of(path_));
}

Result<void> AnswerWriter::finish() {
  if (!rewrites_) return {};
  file_.close();
  marks_.close();
  if (!file_ || !marks_) return unwritable(path_);
  std::error_code failed;
  fs::rename(path_ + kNew, path_, failed);
  if (!failed) fs::rename(marks_of(path_) + kNew, marks_of(path_), failed);
  if (failed) return Error(Code::unavailable, "`" + path_ + "` could not be replaced: " + failed.message());
  return {};
}

}  // namespace shoal::cli
