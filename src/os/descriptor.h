// An open operating-system handle with one owner. Any thread, one at a time.
// Elsewhere: the same `int` on macOS; on Windows a HANDLE behind the same class.
#pragma once

#include <utility>

#include "base/result.h"

namespace shoal::os {

// Every descriptor this room makes is closed on exec; a child gets only what its Command lists.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int handle) : handle_(handle) {}
  Descriptor(Descriptor&& other) noexcept : handle_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      close();
      handle_ = other.release();
    }
    return *this;
  }
  ~Descriptor() { close(); }

  // -1 when empty.
  int get() const { return handle_; }
  explicit operator bool() const { return handle_ >= 0; }
  // Gives the handle away: the caller closes it.
  int release() { return std::exchange(handle_, -1); }
  void close();
  // A second descriptor of the same open file: offset and flags are shared.
  Result<Descriptor> duplicate() const;

 private:
  int handle_ = -1;
};

// The standard streams that whoever started us closed become /dev/null, so that nothing else gets their
// numbers. Call it first in main().
Result<void> open_standard_streams();

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};
Result<Pipe> make_pipe();

}  // namespace shoal::os
