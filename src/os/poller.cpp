#include "os/poller.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <ctime>

#include "os/system_error.h"

namespace shoal::os {
namespace {

short events_of(Interest interest) {
  switch (interest) {
    case Interest::read: return POLLIN;
    case Interest::write: return POLLOUT;
    case Interest::read_write: return POLLIN | POLLOUT;
  }
  return 0;
}

timespec to_timespec(Duration duration) {
  auto const nanoseconds = std::max<Duration::rep>(duration.count(), 0);
  return {.tv_sec = static_cast<time_t>(nanoseconds / 1'000'000'000),
          .tv_nsec = static_cast<long>(nanoseconds % 1'000'000'000)};
}

}  // namespace

void Poller::watch(int descriptor, Interest interest) {
  auto const found = std::ranges::find(watches_, descriptor, &Watch::descriptor);
  if (found == watches_.end()) {
    watches_.push_back({descriptor, interest});
  } else {
    found->interest = interest;
  }
}

void Poller::remove(int descriptor) {
  std::erase_if(watches_, [&](Watch const& watch) { return watch.descriptor == descriptor; });
}

Result<std::vector<Ready>> Poller::wait(std::optional<Duration> timeout) {
  std::vector<pollfd> polled;
  polled.reserve(watches_.size());
  for (Watch const& watch : watches_) polled.push_back({watch.descriptor, events_of(watch.interest), 0});

  using Clock = std::chrono::steady_clock;
  auto const start = Clock::now();
  for (;;) {
    timespec limit = {};
    if (timeout) limit = to_timespec(*timeout - std::chrono::duration_cast<Duration>(Clock::now() - start));
    int const count = ppoll(polled.data(), polled.size(), timeout ? &limit : nullptr, nullptr);
    if (count >= 0) break;
    if (errno != EINTR) return last_system_error("waiting for descriptors");
  }
  std::vector<Ready> ready;
  for (pollfd const& entry : polled) {
    if (entry.revents == 0) continue;
    ready.push_back({.descriptor = entry.fd,
                     .readable = (entry.revents & POLLIN) != 0,
                     .writable = (entry.revents & POLLOUT) != 0,
                     .closed = (entry.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0});
  }
  return ready;
}

Result<Wakeup> Wakeup::create() {
  Descriptor event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) return last_system_error("making an event descriptor");
  return Wakeup(std::move(event));
}

void Wakeup::signal() const noexcept {
  // Fails only when it is signalled already, which is just as well.
  int const saved = errno;
  std::uint64_t const one = 1;
  [[maybe_unused]] ssize_t const written = ::write(event_.get(), &one, sizeof one);
  errno = saved;
}

void Wakeup::clear() const noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] ssize_t const got = ::read(event_.get(), &count, sizeof count);
}

}  // namespace shoal::os
