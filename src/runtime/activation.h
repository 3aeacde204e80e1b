// A pipeline at work within a run: which of its steps are done, what they gave, what can start now. The run's
// thread only.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/each.h"
#include "runtime/execution.h"
#include "runtime/target.h"

namespace shoal::runtime {

// Shared with the calls it waits for: an answer may come after its end.
class Activation : public std::enable_shared_from_this<Activation> {
 public:
  // `inputs`: a record bound to the pipeline's ports. `path`: "" for the run's own pipeline.
  static void start(Execution& execution, std::shared_ptr<LinkedPipeline const> pipeline,
                    value::Value const& inputs, std::string path, std::shared_ptr<Scope> scope,
                    Completion done);

 private:
  Activation(Execution& execution, std::shared_ptr<LinkedPipeline const> pipeline, std::string path,
             std::shared_ptr<Scope> scope, Completion done);

  void drain();
  void run_step(std::uint32_t step);
  void run_items(std::uint32_t step, value::Value list);
  Each::Step each_step(std::uint32_t step);
  // Steps that follow a stream of `step`, which is about to be called, may begin.
  void open_followers(std::uint32_t step);
  void hand_on_items(std::uint32_t step, CallSite& site);
  // Evaluates `when` and calls, as often as `repeat` says; `item`: of `each`, else nullptr.
  void call(std::uint32_t step, value::Value const* item, std::string path, Completion done);
  // One call for the step, and up to `retries` more while it fails.
  void attempt(std::uint32_t step, std::uint32_t callable, value::Value const& inputs, std::string path,
               int retries, Completion done);
  // `done`, after a call of what stands in for the step where that failed.
  Completion or_stand_in(std::uint32_t step, value::Value const* item, std::string const& path,
                         Completion done);
  void call_stand_in(std::uint32_t step, value::Value const* item, std::string const& path,
                     Error const& failure, Completion const& done);
  void step_done(std::uint32_t step, Result<value::Value> value);
  void finish(Result<Answer> answer);

  graph::PlannedStep const& planned(std::uint32_t step) const { return pipeline_->plan.steps[step]; }
  std::string path_of(std::uint32_t step) const;
  Error of_step(std::uint32_t step, Error error) const;
  graph::Environment environment(value::Value const* item = nullptr) const { return {slots_, item}; }

  Execution& execution_;
  std::shared_ptr<LinkedPipeline const> pipeline_;
  std::string path_;
  std::shared_ptr<Scope> scope_;
  Completion done_;
  std::vector<value::Value> slots_;
  std::vector<std::uint32_t> readers_;  // steps and outputs that still need each slot
  std::vector<std::uint32_t> waits_;    // dependencies that each step still waits for
  std::deque<std::uint32_t> ready_;
  std::map<std::uint32_t, std::shared_ptr<Each>> following_;  // by the steps that follow a stream
  std::size_t remaining_ = 0;
  bool checks_failed_ = false;  // of an answer that a step got
  bool draining_ = false;
  bool finished_ = false;
};

}  // namespace shoal::runtime
