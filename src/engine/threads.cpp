#include "engine/threads.h"

#include <system_error>

namespace shoal::engine {

Threads::~Threads() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Threads::run(std::function<void()> work) {
  bool add = false;
  {
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
    add = idle_ < waiting_.size();
  }
  if (add) {
    try {
      threads_.emplace_back([this] { serve(); });
    } catch (std::system_error const&) {
      // No room for another: what waits is begun when one of the others is free.
      if (threads_.empty()) throw;
    }
  } else {
    changed_.notify_one();
  }
}

void Threads::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    --idle_;
    if (waiting_.empty()) return;
    auto work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
}

}  // namespace shoal::engine
