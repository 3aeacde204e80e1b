// A task at work within a run: runs the rungs that task::Climb names, checks what they give, climbs. The
// run's thread only.
#pragma once

#include <memory>
#include <string>

#include "runtime/execution.h"
#include "runtime/target.h"
#include "task/climb.h"

namespace shoal::runtime {

// Shared with the rung it waits for.
class Ascent : public std::enable_shared_from_this<Ascent> {
 public:
  // `inputs`: a record bound to the task's ports.
  static void start(Execution& execution, std::shared_ptr<LinkedTask const> task, value::Value inputs,
                    CallSite site, Completion done);

 private:
  Ascent(Execution& execution, std::shared_ptr<LinkedTask const> task, value::Value inputs, CallSite site,
         Completion done);

  void climb();
  void rung_done(std::size_t rung, Result<Answer> answer);
  void settle();
  // What the rung takes of the task's inputs, and its own `with`.
  value::Value inputs_for(std::size_t rung) const;
  // The task's ports of what the rung gave.
  Result<value::Value> outputs_of(value::Value const& given) const;

  Execution& execution_;
  std::shared_ptr<LinkedTask const> task_;
  value::Value inputs_;
  CallSite site_;
  Completion done_;
  task::Climb climb_;
  MonotonicTime rung_started_;
};

}  // namespace shoal::runtime
