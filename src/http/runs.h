// The runs that clients started: each on a thread of the crew, its events kept for whoever asks, also some
// time after its end.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "base/guarded.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "http/event_log.h"
#include "net/http_server.h"
#include "runtime/runtime.h"

namespace shoal::http {

// What a client hears of the run that it starts.
enum class Hearing {
  result,      // the answer is the result; the client's going cancels the run
  events,      // the answer is the events as they happen, then the result; the same
  background,  // the answer is the run's id, at once; the run goes on without the client
};

// Any thread.
class Runs {
 public:
  Runs(runtime::Runtime& runtime, Clock const& clock, std::function<void()> on_change)
      : runtime_(runtime), clock_(clock), on_change_(std::move(on_change)) {}

  // Blocks until the run has ended. `order`: {"run": name or path of a document, "inputs": {…}, "strict",
  // "until" or "only": a step}.
  void perform(std::string order, Hearing hearing, net::Responder const& responder);
  // The same with a run that the journal has, by its id or the beginning of it.
  void resume(std::string const& run, Hearing hearing, net::Responder const& responder);
  // The same for no client.
  void resume(std::string const& run);

  // not_found where nobody started it here, or too long ago.
  Result<std::shared_ptr<EventLog>> events_of(std::string const& run) const;
  Result<void> cancel(std::string const& run);
  // [{"run", "name", "started"}] of those under way.
  Json list() const;
  std::size_t count() const;
  // Calls `work` if nothing is under way; no run begins before it is done. Not for the server's thread.
  void while_idle(std::function<void()> const& work);
  // No run begins any more; with `now`, those under way are cancelled.
  void end(bool now);

 private:
  struct Run {
    std::string id;
    std::string name;  // "" while it is read what is to be run
    WallTime started;
    std::stop_source stop;
    std::shared_ptr<EventLog> events = std::make_shared<EventLog>();
  };
  struct State {
    std::map<std::string, std::shared_ptr<Run>> under_way;
    std::deque<std::shared_ptr<Run>> over;  // oldest first
    bool ending = false;
  };

  struct Order;
  // Where replies go; nobody may be there.
  using Reply = std::function<void(net::ServerReply)>;

  // unavailable: the host is ending. refused: it is under way.
  Result<void> enter(std::shared_ptr<Run> const& run);
  void leave(std::shared_ptr<Run> const& run);
  Result<Order> read(std::string const& text, Run const& run);
  Result<Order> read_journal(Run const& run);
  void work(std::shared_ptr<Run> const& run, std::function<Result<Order>()> const& read, Hearing hearing,
            Reply const& reply);
  void carry_out(Result<Order> order, Run& run, Hearing hearing, Reply const& reply);

  runtime::Runtime& runtime_;
  Clock const& clock_;
  std::function<void()> const on_change_;  // the number of runs changed
  std::mutex tidying_;
  Guarded<State> state_;
};

}  // namespace shoal::http
