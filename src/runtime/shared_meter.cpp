#include "runtime/shared_meter.h"

namespace shoal::runtime {

void SharedMeter::advance(State& state) const {
  auto const now = read_();
  if (state.runs > 0) state.each += (now - state.last) / state.runs;
  state.last = now;
}

double SharedMeter::begin() {
  return state_.with([&](State& state) {
    advance(state);
    ++state.runs;
    return state.each;
  });
}

double SharedMeter::end(double begun) {
  return state_.with([&](State& state) {
    advance(state);
    --state.runs;
    return state.each - begun;
  });
}

}  // namespace shoal::runtime
