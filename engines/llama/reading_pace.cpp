#include "engines/llama/reading_pace.h"

#include <algorithm>

namespace shoal::llama_engine {
namespace {

// How long a token may be late because one other reads, for each more, and at most. Where many come at once,
// the tokens that the first get meanwhile make the last wait, and the first are done while the last still
// write: steps of few rows, which cost as much as steps of many.
constexpr double kTokenGapMs = 200, kFurtherGapMs = 400, kLongestGapMs = 2000;
constexpr int kLeastRows = 16;
// An evaluation stops between two nodes of its graph, so the longest node is what a cancelled call waits for.
constexpr double kLongestNodeMs = 30;
// Of a layer's time that its largest matrix product takes: one over this, in models of the usual proportions.
constexpr double kNodesOfALayer = 3.6;
constexpr double kWeight = 0.3;  // of the last step

}  // namespace

int ReadingPace::rows_beside_others(int most, int readers) const {
  auto const gap_ms = std::min(kTokenGapMs + kFurtherGapMs * (readers - 1), kLongestGapMs);
  // On a busy machine a step takes long whatever is in it. Few rows would not make it shorter, only reading
  // take for ever.
  auto const rows = static_cast<int>(std::max(gap_ms, step_ms_) / row_ms_);
  return std::clamp(rows, std::min(kLeastRows, most), most);
}

int ReadingPace::rows(int most) const {
  auto const rows = static_cast<int>(kLongestNodeMs * kNodesOfALayer * layers_ / row_ms_);
  return std::clamp(rows / 64 * 64, std::min(64, most), most);
}

void ReadingPace::learn(int rows, double milliseconds) {
  if (rows < kLeastRows) {
    step_ms_ += kWeight * (milliseconds - step_ms_);
  } else {
    // At least half of it: the machine may have become faster since the last step of few rows.
    auto const reading_ms = std::max(milliseconds / 2, milliseconds - step_ms_);
    row_ms_ += kWeight * (reading_ms / rows - row_ms_);
  }
}

}  // namespace shoal::llama_engine
