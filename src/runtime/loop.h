// The turns of a step with `repeat`, one after the other. Shared with the turn that it waits for. The run's
// thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "graph/plan.h"
#include "runtime/execution.h"

namespace shoal::runtime {

class Loop : public std::enable_shared_from_this<Loop> {
 public:
  // Calls the step once with these inputs; `path` names the turn.
  using Turn = std::function<void(value::Value const& inputs, std::string path, Completion done)>;
  // What the step's references read.
  using Look = std::function<graph::Environment()>;

  // `done` gets what the last turn gave, or the error of the turn that failed.
  static void start(graph::PlannedStep const& step, value::Value inputs, std::string path, Turn turn,
                    Look look, Completion done);

 private:
  Loop(graph::PlannedStep const& step, value::Value inputs, std::string path, Turn turn, Look look,
       Completion done);

  void go_on();
  void turn_done(Result<Answer> answer);
  // Sets the inputs of the next turn, or gives false where there is none.
  Result<bool> prepare_next(value::Value const& outputs);

  graph::ParsedLoop const& loop_;
  value::Value inputs_;
  std::string path_;
  Turn turn_;
  Look look_;
  Completion done_;
  int turns_ = 0;  // that have ended
  bool going_ = false;
  bool under_way_ = false;
  bool over_ = false;
};

}  // namespace shoal::runtime
