// The events of a run as one line of progress. The run's thread only.
#pragma once

#include <string>
#include <utility>

#include "cli/session.h"
#include "runtime/event.h"

namespace shoal::cli {

// What there is to say about one step: "read  ██░░  7 of 24", or without a bar.
std::string describe_progress(runtime::Event const& event, bool with_bar);

class Progress {
 public:
  // `label`: what all lines begin with, such as the file that is worked on; may be empty.
  Progress(Session& session, std::string label) : session_(session), label_(std::move(label)) {}

  void on_event(runtime::Event const& event);

 private:
  void show(runtime::Event const& event);

  Session& session_;
  std::string label_;
  int lists_under_way_ = 0;  // steps with `each`: they say more than the single steps within them
};

}  // namespace shoal::cli
