#include "http/crew.h"

#include <exception>
#include <string>
#include <system_error>

#include "base/log.h"

namespace shoal::http {

Crew::~Crew() {
  {
    std::lock_guard const lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

Result<void> Crew::run(std::function<void()> work) {
  std::lock_guard const lock(mutex_);
  if (waiting_.size() >= idle_ && threads_.size() >= most_) {
    return Error(Code::busy, "the host has " + std::to_string(most_) +
                                 " requests under way and takes no more now; try again in a second");
  }
  try {
    if (waiting_.size() >= idle_) threads_.emplace_back([this] { labour(); });
  } catch (std::system_error const& failed) {
    return Error(Code::unavailable, std::string("no thread for the request: ") + failed.what());
  }
  waiting_.push_back(std::move(work));
  changed_.notify_one();
  return {};
}

void Crew::labour() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    --idle_;
    if (waiting_.empty()) return;
    auto const work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    try {
      work();
    } catch (std::exception const& thrown) {
      log_error(std::string("a request ended with an internal error: ") + thrown.what());
    }
    lock.lock();
  }
}

}  // namespace shoal::http
