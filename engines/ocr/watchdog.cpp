#include "engines/ocr/watchdog.h"

#include <pthread.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace shoal::ocr_engine {
namespace {

using std::chrono::nanoseconds;

// A thread that waits for a processor takes longer; it is looked at again after its time would have been
// over.
constexpr nanoseconds kShortestLook = std::chrono::milliseconds(10);

nanoseconds time_on(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

}  // namespace

nanoseconds thread_time() { return time_on(CLOCK_THREAD_CPUTIME_ID); }

Watchdog::Watchdog(std::string doing)
    : doing_(std::move(doing)), thread_([this](std::stop_token const& ended) { watch(ended); }) {}

Watchdog::~Watchdog() = default;

Watchdog::Guard::Guard(Watchdog& watchdog, std::string what, std::chrono::milliseconds patience,
                       Stop const& stop)
    : watchdog_(watchdog) {
  clockid_t clock = CLOCK_THREAD_CPUTIME_ID;
  pthread_getcpuclockid(pthread_self(), &clock);
  watchdog_.begin({std::move(what), patience, &stop, clock, thread_time() + patience});
}

Watchdog::Guard::~Guard() { watchdog_.end(); }

void Watchdog::begin(Watched watched) {
  std::lock_guard const lock(mutex_);
  watched_ = std::move(watched);
  changed_.notify_all();
}

void Watchdog::end() {
  std::lock_guard const lock(mutex_);
  watched_.reset();
}

// An end is not told: the thread sees it when the time would be over, so that a guard costs next to nothing.
void Watchdog::watch(std::stop_token const& ended) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, ended, [&] { return watched_.has_value(); })) {
    auto const left = watched_->until - time_on(watched_->clock);
    if (left <= nanoseconds::zero()) return give_up(*watched_);
    changed_.wait_for(lock, ended, std::max(left, kShortestLook), [] { return false; });
    if (ended.stop_requested()) return;
  }
}

void Watchdog::give_up(Watched const& watched) const {
  auto const message = watched.what + " takes more than " + std::to_string(watched.patience.count() / 1000) +
                       " s of a processor " + doing_ + ": it is damaged or made to hurt";
  if (watched.stop->give_up) return watched.stop->give_up(Error(Code::unsupported, message));
  std::fprintf(stderr, "%s\n", message.c_str());
  std::_Exit(EXIT_FAILURE);
}

}  // namespace shoal::ocr_engine
