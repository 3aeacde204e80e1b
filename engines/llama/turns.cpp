#include "engines/llama/turns.h"

#include <algorithm>
#include <chrono>

namespace shoal::llama_engine {

Result<Turns::Turn> Turns::wait(engine::CallContext const& context) {
  std::unique_lock lock(mutex_);
  auto const mine = next_++;
  waiting_.push_back(mine);
  while (waiting_.front() != mine) {
    // Nobody wakes us when the call is cancelled.
    changed_.wait_for(lock, std::chrono::milliseconds(10));
    if (!context.cancelled()) continue;
    std::erase(waiting_, mine);
    changed_.notify_all();
    return Error(Code::cancelled, "cancelled while it waited for its turn");
  }
  return Turn(this);
}

std::size_t Turns::waiting() const {
  std::lock_guard lock(mutex_);
  return waiting_.empty() ? 0 : waiting_.size() - 1;
}

void Turns::leave() {
  {
    std::lock_guard lock(mutex_);
    waiting_.pop_front();
  }
  changed_.notify_all();
}

}  // namespace shoal::llama_engine
