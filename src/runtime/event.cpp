#include "runtime/event.h"

namespace shoal::runtime {

std::string_view name_of(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::run_started: return "run_started";
    case Event::Kind::step_started: return "step_started";
    case Event::Kind::step_progress: return "step_progress";
    case Event::Kind::step_chunk: return "step_chunk";
    case Event::Kind::step_cached: return "step_cached";
    case Event::Kind::step_done: return "step_done";
    case Event::Kind::step_failed: return "step_failed";
    case Event::Kind::each_started: return "each_started";
    case Event::Kind::each_advanced: return "each_advanced";
    case Event::Kind::run_done: return "run_done";
    case Event::Kind::run_failed: return "run_failed";
  }
  return "unknown";
}

}  // namespace shoal::runtime
