// The way up a ladder, as a pure state machine: which rung next, and which attempt stands in the end. The
// runtime runs the rungs. One thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "task/checks.h"
#include "task/task.h"

namespace shoal::task {

// What is told of one rung that was tried; `shoal.route` in every reply.
struct Tried {
  std::string use;
  std::vector<Verdict> failed;  // checks that did not pass
  std::optional<Error> error;   // it gave no answer
  Duration took{};
};

class Climb {
 public:
  explicit Climb(Task const& task) : task_(task) {}

  // The rung to run now; nothing when it is over.
  std::optional<std::size_t> next() const;
  // How the rung that next() named went. `outputs` is a record of the task's ports.
  void answered(value::Value outputs, std::vector<Verdict> verdicts, Duration took);
  void failed(Error error, Duration took);

  // Once next() gives nothing: the answer that passed, or else the best attempt (fewest failed checks, then
  // the highest rung), or the last error where no rung gave an answer.
  struct Outcome {
    value::Value outputs;
    bool passed = false;
    std::size_t rung = 0;
  };
  Result<Outcome> outcome() const;

  std::vector<Tried> const& tried() const { return tried_; }
  // {"task", "rung", "passed", "tried": [{"rung", "failed": [{"check", "reason"}], "error": {"code",
  // "message"}, "seconds"}]}; `rung` is null where none gave an answer, `error` is there only where one
  // erred.
  Json route() const;

 private:
  Task const& task_;
  std::vector<Tried> tried_;
  std::optional<Outcome> best_;
  std::size_t best_failures_ = 0;
  bool settled_ = false;
};

}  // namespace shoal::task
