// A chat template comes with the model's file, and may be made to loop, to nest or to fill the memory. What
// it may use is bounded here: the library that runs it has no bounds of its own.
#pragma once

#include <jinja/lexer.h>
#include <jinja/runtime.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.h"

namespace shoal::llama_engine {

// Refuses what would nest too deeply for the stack when it is parsed or run.
Result<void> check_nesting(jinja::lexer_result const& tokens);

// Puts a counter into each body of the program, and bounds on its ranges and on how often it repeats a text.
void add_bounds(jinja::program& program);

// What the programs that run on this thread may use, all together, while it lives. They throw when it is
// spent.
class TemplateBudget {
 public:
  TemplateBudget();
  TemplateBudget(TemplateBudget const&) = delete;
  TemplateBudget& operator=(TemplateBudget const&) = delete;
  ~TemplateBudget();

  // Why it is spent; empty: it is not.
  std::string const& spent() const { return spent_; }

 private:
  friend class Counter;
  friend class BoundRanges;
  void count();

  TemplateBudget* outer_;
  std::chrono::steady_clock::time_point end_;
  std::uintptr_t stack_;
  std::int64_t peak_kilobytes_;
  int steps_ = 0;
  std::string spent_;
};

}  // namespace shoal::llama_engine
