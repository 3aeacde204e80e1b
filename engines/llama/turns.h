// One at a time, in the order of asking. Owned by a model; any thread may wait for its turn.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <utility>

#include "base/result.h"
#include "engine/engine.h"

namespace shoal::llama_engine {

class Turns {
 public:
  // Held until it is destroyed.
  class Turn {
   public:
    explicit Turn(Turns* turns) : turns_(turns) {}
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_) turns_->leave();
    }

   private:
    Turns* turns_;
  };

  // Error cancelled as soon as the call is.
  Result<Turn> wait(engine::CallContext const& context);
  // How many wait behind the one that has its turn.
  std::size_t waiting() const;

 private:
  void leave();

  mutable std::mutex mutex_;  // guards what follows; the condition variable needs it bare
  std::condition_variable changed_;
  std::deque<std::uint64_t> waiting_;  // the first has its turn
  std::uint64_t next_ = 0;
};

}  // namespace shoal::llama_engine
