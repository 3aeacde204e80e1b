// A step with `each` at work: which items of its list or stream are under way, what they gave. Shared by the
// calls of its items; the run's thread only.
#pragma once

#include <cstddef>
#include <deque>
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

  // Over a list that is there.
  static void start(Execution& execution, Step step, value::Value list);

  // Over a stream, whose owner keeps it: items come by add() and may come before begin(), which says that
  // they can be called; end() says that no more will come.
  Each(Execution& execution, Step step) : execution_(execution), step_(std::move(step)) {}
  Each(Each const&) = delete;
  Each& operator=(Each const&) = delete;
  void begin();
  // `room` is let go when the item is under way. Before begin() it is not kept: whatever this step waits for
  // may wait for the end of the stream.
  void add(value::Value item, Room room);
  // `all`: the items where none came by add().
  void end(value::Value all);

 private:
  struct Waiting {
    value::Value item;
    Room room;
  };

  bool has_next() const { return next_ < list_.as_list().size() || !waiting_.empty(); }
  Waiting take_next();
  void launch();
  void launch_next();
  void item_done(std::size_t index, Result<Answer> answer);
  void finish(Result<value::Value> value, std::optional<std::size_t> item = {});

  Execution& execution_;
  Step step_;
  value::Value list_;                     // of all items, or
  std::deque<Waiting> waiting_;           // those that came and are not under way yet
  std::size_t come_ = 0;                  // of a stream so far; of a list: all
  std::vector<value::Value> results_;     // of those that were under way
  std::vector<graph::ItemError> errors_;  // of items that are left out
  std::size_t next_ = 0;                  // in the list
  std::size_t under_way_ = 0;
  std::size_t ended_ = 0;
  bool begun_ = false;
  bool whole_ = false;  // no more will come
  bool launching_ = false;
  bool over_ = false;
};

}  // namespace shoal::runtime
