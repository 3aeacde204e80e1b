#include "engines/ocr/watchdog.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace shoal::ocr_engine {

Watchdog::Watchdog(std::chrono::milliseconds patience)
    : patience_(patience), thread_([this](std::stop_token const& ended) { watch(ended); }) {}

Watchdog::~Watchdog() = default;

Watchdog::Guard::Guard(Watchdog& watchdog, std::string what, Stop const& stop) : watchdog_(watchdog) {
  watchdog_.begin(std::move(what), stop);
}

Watchdog::Guard::~Guard() { watchdog_.end(); }

void Watchdog::begin(std::string what, Stop const& stop) {
  std::lock_guard const lock(mutex_);
  watched_ = Watched{std::move(what), &stop, std::chrono::steady_clock::now() + patience_};
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
    auto const until = watched_->until;
    changed_.wait_until(lock, ended, until, [] { return false; });
    if (ended.stop_requested()) return;
    if (!watched_ || watched_->until > std::chrono::steady_clock::now()) continue;
    auto const message = watched_->what + " takes longer than " + std::to_string(patience_.count() / 1000) +
                         " s to be drawn: it is damaged or made to hurt";
    auto const& give_up = watched_->stop->give_up;
    if (give_up) return give_up(Error(Code::unsupported, message));
    std::fprintf(stderr, "%s\n", message.c_str());
    std::_Exit(EXIT_FAILURE);
  }
}

}  // namespace shoal::ocr_engine
