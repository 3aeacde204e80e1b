#include "cli/each.h"

#include <filesystem>
#include <istream>
#include <ostream>

#include "base/text.h"
#include "cli/inputs.h"
#include "runtime/ledger.h"
#include "value/json.h"

namespace shoal::cli {
namespace {

namespace fs = std::filesystem;

struct WholeLines {
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;
};

Result<WholeLines> count_whole_lines(std::string const& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error(Code::unavailable, "`" + path + "` could not be read");
  WholeLines found;
  std::uint64_t at = 0;
  std::string buffer(1 << 16, '\0');
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount() > 0) {
    for (std::streamsize i = 0; i < file.gcount(); ++i) {
      if (buffer[static_cast<std::size_t>(i)] != '\n') continue;
      ++found.lines;
      found.bytes = at + static_cast<std::uint64_t>(i) + 1;
    }
    at += static_cast<std::uint64_t>(file.gcount());
  }
  return found;
}

value::Value merged(value::Value const& constant, value::Value const& line) {
  auto inputs = constant;
  for (auto const& [name, field] : line.as_record()) inputs = inputs.with(name, field);
  return inputs;
}

class Batch {
 public:
  Batch(Session& session, runtime::Runtime& home, EachRequest const& request, LineWriter writer)
      : session_(session), home_(home), request_(request), writer_(std::move(writer)) {}

  Result<int> run(std::istream& in) {
    if (writer_.lines_before() > 0) {
      session_.note(std::to_string(writer_.lines_before()) + " lines are in " + request_.out +
                    " already; going on behind them");
    }
    std::string line;
    std::uint64_t number = 0;
    while (std::getline(in, line)) {
      if (trim(line).empty()) continue;
      if (++number > writer_.lines_before()) TRY(process(line, number));
    }
    if (!ledger_.is_null()) session_.account_for(ledger_);
    if (failures_ > 0)
      session_.complain(std::to_string(failures_) + (failures_ == 1 ? " line" : " lines") +
                        " failed; `error` in the output says why");
    return failures_ > 0 ? 1 : 0;
  }

 private:
  // The error of an item goes into its line; what is returned ends the batch.
  Result<void> process(std::string const& line, std::uint64_t number) {
    auto const outputs = outputs_for(line, number);
    if (!outputs && outputs.error().code() == Code::cancelled) return outputs.error();
    if (!outputs) ++failures_;
    return writer_.write(outputs ? value::to_json(*outputs) : to_json(outputs.error()));
  }

  Result<value::Value> outputs_for(std::string const& line, std::uint64_t number) {
    auto const json = TRY(Json::parse(line).within("line " + std::to_string(number)));
    auto const inputs = TRY(read_inputs(request_.target.signature().inputs, json));
    RunWishes wishes;
    wishes.strict = request_.strict;
    wishes.label = "line " + std::to_string(number);
    auto result =
        execute(session_, home_, request_.target.name, merged(request_.constant, inputs), std::move(wishes));
    if (!result.ledger.is_null())
      ledger_ = ledger_.is_null() ? result.ledger : runtime::sum_of({ledger_, result.ledger});
    if (result.checks_failed && result.outputs)
      session_.complain("line " + std::to_string(number) + ": the answer did not pass its checks");
    return std::move(result.outputs);
  }

  Session& session_;
  runtime::Runtime& home_;
  EachRequest const& request_;
  LineWriter writer_;
  Json ledger_;
  std::uint64_t failures_ = 0;
};

}  // namespace

Result<LineWriter> LineWriter::to_stream(std::ostream& out) {
  LineWriter writer;
  writer.out_ = &out;
  writer.name_ = "standard output";
  return writer;
}

Result<LineWriter> LineWriter::to_file(std::string const& path) {
  LineWriter writer;
  writer.name_ = path;
  std::error_code failed;
  if (fs::exists(path, failed)) {
    auto const whole = TRY(count_whole_lines(path));
    fs::resize_file(path, whole.bytes, failed);
    if (failed) return Error(Code::unavailable, "`" + path + "` could not be written: " + failed.message());
    writer.lines_before_ = whole.lines;
  }
  writer.file_ = std::make_unique<std::ofstream>(path, std::ios::binary | std::ios::app);
  writer.out_ = writer.file_.get();
  if (!*writer.file_) return Error(Code::unavailable, "`" + path + "` could not be opened for writing");
  return writer;
}

Result<void> LineWriter::write(Json const& line) {
  *out_ << line.dump() << '\n' << std::flush;
  if (!*out_) return Error(Code::unavailable, name_ + " could not be written; is the disk full?");
  return {};
}

Result<int> run_each(Session& session, EachRequest const& request) {
  std::error_code failed;
  if (!request.out.empty() && fs::equivalent(request.file, request.out, failed)) {
    return Error(Code::invalid_argument, "`--each` and `--out` are the same file, " + request.out +
                                             "; choose another one for the output");
  }
  std::ifstream file;
  if (request.file != "-") {
    file.open(request.file, std::ios::binary);
    if (!file || fs::is_directory(request.file, failed)) {
      return Error(
          Code::not_found,
          "`" + request.file + "` could not be opened for reading; `--each` takes a file of JSON lines");
    }
  }
  auto writer = TRY(request.out.empty() ? LineWriter::to_stream(session.environment().output)
                                        : LineWriter::to_file(request.out));
  Batch batch(session, *TRY(session.home()), request, std::move(writer));
  return batch.run(request.file == "-" ? session.environment().input : file);
}

}  // namespace shoal::cli
