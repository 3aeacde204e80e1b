// Threads that do what may block, made when there is work and kept for the next.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"

namespace shoal::http {

class Crew {
 public:
  explicit Crew(std::size_t most) : most_(most) {}
  Crew(Crew const&) = delete;
  Crew& operator=(Crew const&) = delete;
  // Waits for all work to end.
  ~Crew();

  // Any thread. busy: so many things are under way already that this one will not be begun.
  Result<void> run(std::function<void()> work);

 private:
  void labour();

  std::size_t const most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool ending_ = false;
};

}  // namespace shoal::http
