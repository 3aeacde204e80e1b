#include "cli/each.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <istream>
#include <ostream>

#include "base/sha256.h"
#include "base/text.h"
#include "cli/answers.h"
#include "cli/conveyor.h"
#include "cli/execute.h"
#include "cli/inputs.h"
#include "cli/lines.h"
#include "cli/progress.h"
#include "cli/render.h"
#include "runtime/files.h"
#include "runtime/ledger.h"
#include "value/json.h"

namespace shoal::cli {
namespace {

namespace fs = std::filesystem;

// Lines under way at once: enough to keep every worker fed.
constexpr int kMostUnderWay = 16;

value::Value merged(value::Value const& constant, value::Value const& line) {
  auto inputs = constant;
  for (auto const& [name, field] : line.as_record()) inputs = inputs.with(name, field);
  return inputs;
}

// A line on its way.
struct Item {
  LineReader::Line line;
  std::string mark;
  std::optional<EarlierAnswer> earlier;  // what the file has for it
  runtime::RunResult result;             // of one that is run
  std::shared_ptr<Guarded<RunProgress>> progress = std::make_shared<Guarded<RunProgress>>();

  bool is_kept() const { return earlier && !earlier->failed; }
};

// Owns what is shared by the threads of a conveyor, which it outlives.
class Batch {
 public:
  Batch(Session& session, Runner& runner, int cores, EachRequest const& request, std::istream& in,
        EarlierAnswers& earlier, AnswerWriter& writer)
      : session_(session),
        runner_(runner),
        cores_(cores),
        request_(request),
        reader_(in, request.file == "-" ? "standard input" : request.file),
        earlier_(earlier),
        writer_(writer) {
    std::error_code unknown;
    if (fs::is_regular_file(request.file, unknown)) total_bytes_ = fs::file_size(request.file, unknown);
  }

  Result<int> run() {
    auto const status = carry_on();
    if (!ledger_.is_null()) session_.account_for(ledger_);
    return status;
  }

 private:
  Result<int> carry_on() {
    std::stop_callback const on_cancel(session_.environment().stop, [this] { stop_.request_stop(); });
    begun_ = session_.environment().clock.now();
    auto const places = static_cast<std::size_t>(std::clamp(2 * cores_, 2, kMostUnderWay));
    Conveyor<Item> conveyor(
        places, [this] { return read(); }, [this](Item& item) { work(item); });
    for (;;) {
      auto const result = step(conveyor);
      if (result && *result) continue;
      if (result) break;
      stop_.request_stop();
      if (session_.environment().stop.stop_requested()) TRY(break_off(conveyor));
      return result.error();
    }
    TRY(earlier_.expect_end());
    TRY(writer_.finish());
    if (session_.json() && !request_.out.empty()) print_summary();
    if (failures_ > 0)
      session_.complain(std::to_string(failures_) + (failures_ == 1 ? " line" : " lines") +
                        " failed; `error` in the output says why");
    return failures_ > 0 ? 1 : 0;
  }

  // Of answers that went into a file; elsewhere they are what is printed.
  void print_summary() {
    auto const kept = earlier_.count() - earlier_.failed();
    session_.print_json(Json::object({{"out", request_.out},
                                      {"lines", kept + done_},
                                      {"kept", kept},
                                      {"failed", failures_},
                                      {"ledger", ledger_}}));
  }

  // The reader's thread.
  Result<std::optional<Item>> read() {
    for (;;) {
      auto line = TRY(reader_.next());
      if (stop_.stop_requested()) return Error(Code::cancelled, "cancelled");
      bytes_read_ = reader_.bytes_read();
      if (!line) return std::optional<Item>();
      Item item;
      item.mark = mark_of(line->text);
      item.line = std::move(*line);
      item.earlier = TRY(earlier_.next_for(item.mark));
      if (item.is_kept() && !writer_.rewrites()) continue;
      return std::optional(std::move(item));
    }
  }

  // A thread of the item's own.
  void work(Item& item) {
    if (item.is_kept()) return;
    item.result.outputs = [&]() -> Result<value::Value> {
      auto const name = "line " + std::to_string(item.line.number);
      if (item.line.too_long) {
        return Error(Code::invalid_argument, name + " is longer than " + human_bytes(kMostLineBytes) +
                                                 "; give large things as files: {\"$file\": \"path\"}");
      }
      auto const json = TRY(Json::parse(item.line.text).within(name));
      runtime::RunRequest request;
      request.inputs =
          merged(request_.constant,
                 TRY(read_inputs(request_.runnable.target.signature().inputs, json).within(name)));
      net::EgressAccount account{net::EgressPolicy{}};
      request.egress = &account;
      request.stop = stop_.get_token();
      request.accept_failed_checks = !request_.strict;
      request.on_event = [&](runtime::Event const& event) {
        auto const now = session_.environment().clock.now();
        item.progress->with([&](RunProgress& progress) { progress.on_event(event, now); });
        if (request_.events) request_.events->write(event);
      };
      item.result = runner_.run(request_.runnable, std::move(request));
      return item.result.outputs;
    }();
  }

  // false: it was the last. An error ends the batch.
  Result<bool> step(Conveyor<Item>& conveyor) {
    auto const item = TRY(conveyor.take([this](Item const* oldest) { show_progress(oldest); }));
    if (!item) return false;
    if (item->is_kept()) {
      TRY(writer_.write(item->earlier->answer, item->mark, false));
      return true;
    }
    auto const& outputs = item->result.outputs;
    if (!outputs && stop_.stop_requested()) {
      broken_ = item;
      return Error(Code::cancelled, "cancelled");
    }
    add_to_account(*item);
    auto answer = outputs ? value::to_json(*outputs) : to_json(outputs.error());
    if (!outputs) answer.set("line", item->line.number);
    TRY(writer_.write(answer.dump(), item->mark, !outputs));
    return true;
  }

  void add_to_account(Item const& item) {
    ++done_;
    auto const& result = item.result;
    if (!result.outputs) ++failures_;
    if (!result.ledger.is_null())
      ledger_ = ledger_.is_null() ? result.ledger : runtime::sum_of({ledger_, result.ledger});
    if (result.checks_failed && result.outputs) {
      session_.complain("line " + std::to_string(item.line.number) + ": the answer did not pass its checks");
    }
    if (result.outputs)
      complain_of_missing(session_, *result.outputs, "line " + std::to_string(item.line.number) + ": ");
  }

  // What earlier commands wrote stays, also what is to be done again.
  Result<void> break_off(Conveyor<Item>& conveyor) {
    if (!writer_.rewrites()) return {};
    auto item = std::exchange(broken_, std::nullopt);
    while (item && item->earlier) {
      TRY(writer_.write(item->earlier->answer, item->mark, item->earlier->failed));
      auto next = conveyor.take([](Item const*) {});
      item = next ? std::move(*next) : std::nullopt;
    }
    while (auto const earlier = TRY(earlier_.next()))
      TRY(writer_.write(earlier->answer, earlier->mark, earlier->failed));
    return writer_.finish();
  }

  void show_progress(Item const* oldest) {
    auto const now = session_.environment().clock.now();
    auto const elapsed = now - begun_;
    bool const bars = session_.environment().terminal.error;
    auto text = std::to_string(done_) + (done_ == 1 ? " line" : " lines");
    if (total_bytes_ > 0 && done_ > 0) {
      // Lines are not counted beforehand; how far the file is read tells how many there will be.
      auto const share = std::min(1.0, static_cast<double>(bytes_read_) / static_cast<double>(total_bytes_));
      auto const total = static_cast<double>(done_) / std::max(share, 1e-9);
      if (bars) text = progress_bar(static_cast<double>(done_), total) + "  " + text;
      if (auto const speed = pace(static_cast<double>(done_), total, elapsed); !speed.empty())
        text += "  " + speed;
    }
    if (oldest) {
      auto const within =
          oldest->progress->with([&](RunProgress& progress) { return progress.text(now, false); });
      if (!within.empty()) text += " › line " + std::to_string(oldest->line.number) + "  " + within;
    }
    session_.show_progress(text);
  }

  Session& session_;
  Runner& runner_;
  int const cores_;
  EachRequest const& request_;
  LineReader reader_;  // of the reader's thread, as is earlier_ until that ends
  EarlierAnswers& earlier_;
  AnswerWriter& writer_;
  std::stop_source stop_;
  std::atomic<std::uint64_t> bytes_read_ = 0;
  std::uint64_t total_bytes_ = 0, done_ = 0, failures_ = 0;
  MonotonicTime begun_;
  std::optional<Item> broken_;  // that was cancelled
  Json ledger_;
};

Result<BatchProgram> program_of(runtime::Runtime& home, EachRequest const& request) {
  Sha256Stream stream;
  stream.update(TRY(home.library().fingerprint(request.runnable.target.name)).hex());
  stream.update(value::hash_of(request.constant).hex());
  stream.update(request.strict ? "strict" : "");
  if (auto const& part = request.runnable.part)
    stream.update((part->alone ? "only " : "until ") + part->step);
  return BatchProgram{request.runnable.target.name, stream.finish().hex()};
}

Result<void> check_files(EachRequest const& request) {
  std::error_code failed;
  if (!request.out.empty() && fs::equivalent(request.file, request.out, failed)) {
    return Error(Code::invalid_argument, "`--each` and `--out` are the same file, " + request.out +
                                             "; choose another one for the output");
  }
  return {};
}

}  // namespace

Result<int> run_each(Session& session, EachRequest const& request) {
  TRY(check_files(request));
  std::unique_ptr<std::istream> file;
  if (request.file != "-") {
    file = TRY(runtime::open_stream(request.file, session.environment().stop)
                   .within("`--each` takes a file of JSON lines"));
  }
  auto& home = *TRY(session.home());
  std::shared_ptr<void const> claim;
  auto earlier = std::make_unique<EarlierAnswers>();
  auto writer = AnswerWriter::to_stream(session.environment().output);
  if (!request.out.empty()) {
    claim = TRY(home.claim(request.out).within("`" + request.out + "` is being written"));
    auto const program = TRY(program_of(home, request));
    earlier = TRY(EarlierAnswers::read(request.out, program));
    writer = TRY(AnswerWriter::to_file(request.out, program, *earlier));
  }
  if (earlier->count() > 0) {
    auto const failed = earlier->failed();
    session.note(std::to_string(earlier->count()) + " lines are in " + request.out + " already" +
                 (failed > 0 ? "; the " + std::to_string(failed) + " that failed are tried again" : ""));
  }
  Batch batch(session, *TRY(session.runner()), home.cores(), request,
              file ? *file : session.environment().input, *earlier, *writer);
  return batch.run();
}

}  // namespace shoal::cli
