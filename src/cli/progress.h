// The events of a run as one line of progress. One thread at a time.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "cli/session.h"
#include "runtime/event.h"

namespace shoal::cli {

// "█████░░░░░" of a fixed width.
std::string progress_bar(double done, double total);
// "1.2/s  14 s left" of something that has gone on for a while, else "".
std::string pace(double done, double total, Duration elapsed);

// Where a run is: its lists from the outermost to the innermost, and what is done right now.
class RunProgress {
 public:
  void on_event(runtime::Event const& event, MonotonicTime now);
  // "words  ███░░  7 of 24  1.2/s  14 s left › words[7]  40 of 100 rows"; "" before anything is known.
  std::string text(MonotonicTime now, bool with_bars) const;

 private:
  struct List {
    std::string step;
    double done = 0, total = 0;
    MonotonicTime started;
  };
  std::vector<List> lists_;  // under way, the outermost first
  std::string current_;
};

// Shows it on the session's terminal.
class Progress {
 public:
  // `label`: what all lines begin with, such as the file that is worked on; may be empty.
  Progress(Session& session, std::string label) : session_(session), label_(std::move(label)) {}

  void on_event(runtime::Event const& event);

 private:
  Session& session_;
  std::string label_;
  RunProgress run_;
};

}  // namespace shoal::cli
