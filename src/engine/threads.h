// Threads for calls that may block: a free one is reused, otherwise one is added. How many run at once is the
// host's decision, so there is no queue here. Owned by the worker; joins in the destructor.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace shoal::engine {

class Threads {
 public:
  Threads() = default;
  Threads(Threads const&) = delete;
  Threads& operator=(Threads const&) = delete;
  ~Threads();

  // Called by one thread. What waits is begun in this order.
  void run(std::function<void()> work);

 private:
  void serve();

  std::mutex mutex_;  // guards the four below; a condition variable needs it bare
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;  // in their order
  std::size_t idle_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace shoal::engine
