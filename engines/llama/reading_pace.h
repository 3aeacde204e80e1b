// How many rows of prompts a step evaluates: as many as fit between the tokens of those who generate, and as
// a cancelled call may wait for. It goes by how long steps took so far. A value, for one thread.
#pragma once

namespace shoal::llama_engine {

class ReadingPace {
 public:
  // `layers`: of the model.
  explicit ReadingPace(int layers) : layers_(layers) {}

  // Of `most` rows, for so many calls that read, beside others that generate in the same step.
  int rows_beside_others(int most, int readers) const;
  // For those that read alone.
  int rows(int most) const;
  void learn(int rows, double milliseconds);

 private:
  int layers_;
  double row_ms_ = 16;  // for a row among many
  double step_ms_ = 0;  // for a step of few rows, which the others add to
};

}  // namespace shoal::llama_engine
