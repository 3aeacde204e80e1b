// A step with `each` at work: which items of its list are under way, what they gave. Shared by the calls of
// its items; the run's thread only.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/plan.h"
#include "runtime/execution.h"

namespace shoal::runtime {

class Each : public std::enable_shared_from_this<Each> {
 public:
  // What it needs of the pipeline that the step is of.
  struct Step {
    graph::PlannedStep const& planned;
    std::string path;
    std::shared_ptr<Scope> scope;
    std::function<void(value::Value const& item, std::string path, Completion done)> call;
    // Once, the slot's value or why there is none. `item`: that the error is of, if it is one's.
    std::function<void(Result<value::Value>, std::optional<std::size_t> item)> done;
  };

  static void start(Execution& execution, Step step, value::Value list);

 private:
  Each(Execution& execution, Step step, value::Value list);

  void launch();
  void launch_item(std::size_t index);
  void item_done(std::size_t index, Result<Answer> answer);
  void finish(Result<value::Value> value, std::optional<std::size_t> item = {});

  Execution& execution_;
  Step step_;
  value::Value list_;
  std::vector<value::Value> results_;
  std::vector<graph::ItemError> errors_;  // of items that are left out
  std::size_t next_ = 0;
  std::size_t under_way_ = 0;
  std::size_t ended_ = 0;
  bool launching_ = false;
  bool over_ = false;
};

}  // namespace shoal::runtime
