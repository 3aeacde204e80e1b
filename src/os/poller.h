// Waiting for many descriptors at once, and waking the thread that waits.
// Elsewhere: poll and a pipe on macOS; WaitForMultipleObjects and an event on Windows.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "os/descriptor.h"

namespace shoal::os {

enum class Interest { read, write, read_write };

struct Ready {
  int descriptor = -1;
  bool readable = false;  // data, end of stream, or an ended process
  bool writable = false;
  bool closed = false;  // the peer hung up or the descriptor is broken: reading says what is left
};

// Which descriptors to watch. Owned and called by one thread. Does not own the descriptors: remove one before
// it is closed.
class Poller {
 public:
  // Adds a descriptor or changes its interest.
  void watch(int descriptor, Interest interest);
  void remove(int descriptor);

  // Those that are ready; empty when `timeout` is over first. No timeout: waits for ever. Interruption by a
  // signal does not end it.
  Result<std::vector<Ready>> wait(std::optional<Duration> timeout);

 private:
  struct Watch {
    int descriptor;
    Interest interest;
  };
  std::vector<Watch> watches_;
};

// Makes a Poller return. signal() may be called by any thread and in signal handlers; the rest is for its
// owner.
class Wakeup {
 public:
  static Result<Wakeup> create();

  // Watch this for reading.
  int descriptor() const { return event_.get(); }
  // Stays signalled until cleared; several signals count as one.
  void signal() const noexcept;
  void clear() const noexcept;

 private:
  explicit Wakeup(Descriptor event) : event_(std::move(event)) {}

  Descriptor event_;
};

}  // namespace shoal::os
