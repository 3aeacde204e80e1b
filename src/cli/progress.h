// The events of a run as one line of progress. The run's thread only.
#pragma once

#include <map>
#include <string>

#include "cli/session.h"
#include "runtime/event.h"

namespace shoal::cli {

// What there is to say about one step: "read  7 of 24".
std::string describe_progress(runtime::Event const& event);

class Progress {
 public:
  explicit Progress(Session& session) : session_(session) {}

  void on_event(runtime::Event const& event);

 private:
  Session& session_;
  int lists_under_way_ = 0;  // steps with `each`: they say more than the single steps within them
};

}  // namespace shoal::cli
