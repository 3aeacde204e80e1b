// Server-sent events (the WHATWG's format) as text. Pure; one thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace shoal::http {

// One event. `number`: its id, "" for none; `data` has no line break.
std::string event_text(std::string const& number, std::string_view name, std::string_view data);

// Reads what event_text() writes, from pieces of any size.
class EventStreamReader {
 public:
  using OnEvent = std::function<Result<void>(std::string_view name, std::string_view data)>;
  explicit EventStreamReader(OnEvent on_event) : on_event_(std::move(on_event)) {}

  // An error of `on_event` is passed on.
  Result<void> read(std::string_view piece);

 private:
  Result<void> take_line(std::string_view line);

  OnEvent on_event_;
  std::string rest_;  // of a line that is not whole yet
  std::string name_, data_;
};

}  // namespace shoal::http
