// A counter of the whole process (processor time, energy) shared out among the runs that go on at once: what
// it counts while n of them run is an nth of each. The shares of all runs sum to what was counted. Any
// thread.
#pragma once

#include <functional>

#include "base/guarded.h"

namespace shoal::runtime {

class SharedMeter {
 public:
  // `read` gives the count so far; it is called by one thread at a time.
  explicit SharedMeter(std::function<double()> read) : read_(std::move(read)) {}

  // One more run goes on; give what comes back to end().
  double begin();
  // The run's share.
  double end(double begun);

 private:
  struct State {
    int runs = 0;
    double last = 0;  // what was read last
    double each = 0;  // what a run that went on all the time would have
  };
  void advance(State& state) const;

  std::function<double()> read_;
  Guarded<State> state_;
};

}  // namespace shoal::runtime
