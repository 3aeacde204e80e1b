#include "engines/llama/outlet.h"

#include <utility>

namespace shoal::llama_engine {
namespace {

constexpr std::size_t kMostWaiting = 8;

}  // namespace

void Outlet::show(engine::CallContext& context, std::string text) {
  if (text.empty()) return;
  std::lock_guard lock(mutex_);
  if (waiting_.empty() && !sending_ && context.try_chunk("text", text)) return;
  waiting_.push_back(std::move(text));
  changed_.notify_one();
}

void Outlet::send_on_errand(std::function<void()> errand) {
  std::lock_guard lock(mutex_);
  errands_.push_back(std::move(errand));
  changed_.notify_one();
}

bool Outlet::behind() const {
  std::lock_guard lock(mutex_);
  return waiting_.size() > kMostWaiting;
}

void Outlet::finish(Result<engine::Reply> reply) {
  std::lock_guard lock(mutex_);  // held while it notifies: the call's thread destroys this afterwards
  reply_ = std::move(reply);
  changed_.notify_one();
}

Result<engine::Reply> Outlet::wait(engine::CallContext& context) {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return !waiting_.empty() || !errands_.empty() || reply_; });
    auto const parts = std::exchange(waiting_, {});
    auto const errands = std::exchange(errands_, {});
    sending_ = !parts.empty();
    bool const ends = reply_.has_value();
    lock.unlock();
    for (auto const& part : parts) {
      if (!context.cancelled()) context.chunk("text", part);
    }
    for (auto const& errand : errands) errand();
    lock.lock();
    sending_ = false;
    if (ends) return std::move(*reply_);
  }
}

}  // namespace shoal::llama_engine
