// The way from the batch's thread to a call's own: parts of the answer while it is made, errands, the end.
// The call's thread may have to wait until its reader takes a part; the batch never does.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "engine/engine.h"

namespace shoal::llama_engine {

class Outlet {
 public:
  // The batch's thread. A part goes out at once where nothing waits before it: that spares the call's thread
  // a turn for each token.
  void show(engine::CallContext& context, std::string text);
  // Done by the call's thread.
  void send_on_errand(std::function<void()> errand);
  // So much waits to be shown that the work should wait, too.
  bool behind() const;
  // The last that it hears: the call may be gone when this returns.
  void finish(Result<engine::Reply> reply);

  // The call's thread: shows the parts of `text` as they come, until the end.
  Result<engine::Reply> wait(engine::CallContext& context);

 private:
  mutable std::mutex mutex_;  // guards what follows; the condition variable needs it bare
  std::condition_variable changed_;
  std::deque<std::string> waiting_;
  bool sending_ = false;  // the call's thread has parts in hand
  std::deque<std::function<void()>> errands_;
  std::optional<Result<engine::Reply>> reply_;
};

}  // namespace shoal::llama_engine
