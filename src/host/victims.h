// Which residents go to make room: those of the lowest value for their bytes. Pure functions.
#pragma once

#include <optional>
#include <vector>

#include "host/job.h"

namespace shoal::host {

// A resident that nobody uses.
struct Candidate {
  WorkerId worker = 0;
  std::string model;
  Bytes bytes;  // that its end gives back
  double load_seconds = 0;
  double uses = 0;  // by use_weight(), now
};

// What a use counts after a time: half after ten minutes.
double use_weight(Duration age);
// What it would cost to have it gone: (reload cost × chance of reuse) ÷ bytes.
double value_of(Candidate const& candidate);
// Enough of them to give `missing` back, by device, and none that is not needed for it; nothing where all of
// them are not enough.
std::optional<std::vector<Candidate>> choose_victims(std::vector<Candidate> candidates, Bytes const& missing);

}  // namespace shoal::host
