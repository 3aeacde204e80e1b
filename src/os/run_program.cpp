#include "os/run_program.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/check.h"
#include "base/text.h"
#include "os/poller.h"
#include "os/system_error.h"

namespace shoal::os {
namespace {

// Cuts a stream into lines for the caller while the first part of it is kept.
class Capture {
 public:
  Capture(OutputStream stream, Descriptor source, RunOptions const& options)
      : stream_(stream), source_(std::move(source)), options_(options) {}

  int descriptor() const { return source_.get(); }
  bool is_open() const { return static_cast<bool>(source_); }
  bool truncated() const { return truncated_; }
  std::string take_text() { return std::move(text_); }

  // Reads what is there now; closes at the end of the stream.
  Result<void> read_available() {
    std::array<char, 16384> buffer;
    while (source_) {
      ssize_t const got = ::read(source_.get(), buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) return {};
      if (got < 0) return last_system_error("reading a program's output");
      if (got == 0) return finish(), Result<void>();
      accept(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    }
    return {};
  }

  void finish() {
    source_.close();
    if (!line_.empty()) emit_line();
  }

 private:
  static constexpr std::size_t kMaxLineBytes = 64 * 1024;

  void accept(std::string_view bytes) {
    std::size_t const room = options_.max_output_bytes - text_.size();
    text_.append(bytes.substr(0, room));
    truncated_ = truncated_ || bytes.size() > room;
    if (!options_.on_line) return;
    for (char letter : bytes) {
      bool const line_end = letter == '\n' || letter == '\r';
      if (!line_end) line_.push_back(letter);
      if ((line_end && !line_.empty()) || line_.size() >= kMaxLineBytes) emit_line();
    }
  }

  void emit_line() {
    if (options_.on_line) options_.on_line(stream_, line_);
    line_.clear();
  }

  OutputStream stream_;
  Descriptor source_;
  RunOptions const& options_;
  std::string text_;
  std::string line_;
  bool truncated_ = false;
};

// One program from start to end, on the caller's thread.
class Run {
 public:
  Run(std::unique_ptr<Process> process, Pipe output, Pipe errors, RunOptions const& options,
      Wakeup const& stopped)
      : process_(std::move(process)),
        captures_{Capture(OutputStream::standard_output, std::move(output.read_end), options),
                  Capture(OutputStream::standard_error, std::move(errors.read_end), options)},
        stopped_(stopped) {}

  // Returns when the program has ended or must end: the reason to cut it short, if there is one.
  Result<void> follow(std::string const& program, std::optional<Duration> timeout) {
    Poller poller;
    for (Capture const& capture : captures_) poller.watch(capture.descriptor(), Interest::read);
    poller.watch(process_->exit_descriptor(), Interest::read);
    poller.watch(stopped_.descriptor(), Interest::read);
    using Clock = std::chrono::steady_clock;
    auto const start = Clock::now();
    for (;;) {
      std::optional<Duration> left;
      if (timeout)
        left = std::max(*timeout - std::chrono::duration_cast<Duration>(Clock::now() - start), Duration(0));
      std::vector<Ready> const ready = TRY(poller.wait(left));
      if (ready.empty()) {
        return Error(Code::deadline_exceeded,
                     program + " did not end within " + human_seconds(seconds(*timeout)));
      }
      bool ended = false;
      for (Ready const& entry : ready) {
        if (entry.descriptor == stopped_.descriptor())
          return Error(Code::cancelled, program + " was stopped");
        if (entry.descriptor == process_->exit_descriptor()) ended = true;
      }
      for (Capture& capture : captures_) {
        int const descriptor = capture.descriptor();
        TRY(capture.read_available());
        if (descriptor >= 0 && !capture.is_open()) poller.remove(descriptor);
      }
      if (ended) return {};
    }
  }

  // A grandchild that still holds the pipes is not waited for.
  Result<RunResult> finish() {
    RunResult result;
    result.status = process_->wait();
    for (Capture& capture : captures_) {
      TRY(capture.read_available());
      capture.finish();
      result.truncated = result.truncated || capture.truncated();
    }
    result.standard_output = captures_[0].take_text();
    result.standard_error = captures_[1].take_text();
    return result;
  }

 private:
  std::unique_ptr<Process> process_;
  std::array<Capture, 2> captures_;
  Wakeup const& stopped_;
};

}  // namespace

Result<RunResult> run_program(Command const& command, RunOptions const& options) {
  Pipe output = TRY(make_pipe());
  Pipe errors = TRY(make_pipe());
  Command with_pipes = command;
  for (InheritedDescriptor const& descriptor : command.descriptors) {
    CHECK(descriptor.target != STDOUT_FILENO && descriptor.target != STDERR_FILENO);
  }
  with_pipes.descriptors.push_back({STDOUT_FILENO, output.write_end.get()});
  with_pipes.descriptors.push_back({STDERR_FILENO, errors.write_end.get()});
  for (Pipe const* pipe : {&output, &errors}) fcntl(pipe->read_end.get(), F_SETFL, O_NONBLOCK);

  Wakeup const stopped = TRY(Wakeup::create());
  std::stop_callback const wake(options.stop, [&] { stopped.signal(); });
  std::unique_ptr<Process> process = TRY(Process::spawn(with_pipes));
  output.write_end.close();
  errors.write_end.close();
  Run run(std::move(process), std::move(output), std::move(errors), options, stopped);
  TRY(run.follow(command.program, options.timeout));
  return run.finish();
}

}  // namespace shoal::os
