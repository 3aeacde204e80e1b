// What a run tells while it goes. Events of one run are numbered from 1 without gaps.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "value/value.h"

namespace shoal::runtime {

struct Event {
  enum class Kind {
    run_started,    // detail: name
    step_started,   // a call of an engine
    step_progress,  // `done` of `total`, in units of detail
    step_chunk,     // `value`: part of the stream output `detail`
    step_cached,    // the cache had the answer
    step_done,      // detail: for a task, the rung that settled it
    step_failed,    // detail: why; the run may go on where the document says so
    each_started,   // a step with `each`: `total` items, which grow where it follows a stream
    each_advanced,  // `done` of `total` items
    run_done,
    run_failed,  // detail: why
  };
  static constexpr Kind kLastKind = Kind::run_failed;

  std::uint64_t sequence = 0;
  Kind kind{};
  std::string step;  // its path in the run, "words[3]" or "answer/draft"; "" for the run
  std::string detail;
  double done = 0, total = 0;
  value::Value value;
  std::string run = {};  // its id
};

std::string_view name_of(Event::Kind kind);

// How events are written, wherever they go: {"run", "seq", "event", "step", "detail", "done", "total",
// "value"}, without what is empty.
Json to_json(Event const& event);
// invalid_argument: none of the kinds above.
Result<Event> event_of(Json const& json);

}  // namespace shoal::runtime
