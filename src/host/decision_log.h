// The last decisions about residents and why they were made, for `shoal ps`. Part of the scheduler; one
// thread.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "host/snapshot.h"

namespace shoal::host {

// What a reason begins with that ends with the key of another model.
inline constexpr std::string_view kToMakeRoomFor = "to make room for ";

class DecisionLog {
 public:
  static constexpr std::size_t kKept = 200;

  void add(Decision::Kind kind, std::string engine, std::string model, std::string reason,
           MonotonicTime now) {
    entries_.push_front({now, {0, kind, std::move(engine), std::move(model), std::move(reason)}});
    if (entries_.size() > kKept) entries_.pop_back();
  }
  // Newest first; models by key.
  std::vector<Decision> list(MonotonicTime now) const {
    std::vector<Decision> decisions;
    for (auto const& [time, decision] : entries_) {
      decisions.push_back(decision);
      decisions.back().seconds_ago = seconds(now - time);
    }
    return decisions;
  }

 private:
  struct Entry {
    MonotonicTime time;
    Decision decision;
  };
  std::deque<Entry> entries_;
};

}  // namespace shoal::host
