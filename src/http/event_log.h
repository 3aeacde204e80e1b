// What a run has told, kept for whoever asks: now, again after a lost connection, or after its end. Its text
// is that of server-sent events: `id`, `event` and `data` (one line of JSON) each, and `event: result` last.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/json.h"
#include "net/http_server.h"
#include "runtime/event.h"

namespace shoal::http {

// Any thread.
class EventLog {
 public:
  // Keeps at least so many bytes of the newest; who asks for older ones is told which are missing.
  explicit EventLog(std::size_t most_bytes = 16u << 20) : most_bytes_(most_bytes) {}

  void append(runtime::Event const& event);
  // The run is over; nothing is appended after it.
  void finish(Json const& result);

  // That it keeps.
  std::size_t bytes() const;

  struct Part {
    std::string text;
    std::uint64_t last = 0;  // the number of the last event in it
    bool over = false;       // the result is in it
  };
  // What comes after event number `after`, up to some size; nothing new: an empty text, and `wake` is called
  // once there is.
  Part read(std::uint64_t after, std::function<void()> wake);

 private:
  struct Entry {
    std::uint64_t number;
    std::string text;
  };
  struct State {
    std::deque<Entry> entries;
    std::size_t bytes = 0;
    std::string result;
    std::vector<std::function<void()>> waiting;
  };
  void change(std::function<void(State&)> const& change);

  std::size_t const most_bytes_;
  Guarded<State> state_;
};

// An answer that is the log, from the event after number `after` to the result.
net::ServerReply stream_of(std::shared_ptr<EventLog> log, std::uint64_t after);

}  // namespace shoal::http
