// Bytes that are waited for: a terminal, a pipe, a FIFO, a file. Unlike std::cin the waiting ends when it is
// told to, so that Ctrl-C works while nobody writes. Elsewhere: the same on macOS; WaitForMultipleObjects on
// Windows.
#pragma once

#include <array>
#include <functional>
#include <istream>
#include <memory>
#include <stop_token>
#include <streambuf>
#include <string>

#include "base/result.h"
#include "os/descriptor.h"
#include "os/poller.h"

namespace shoal::os {

// A stream for one thread. When `stop` is requested it ends as a file does: ask the token which of both it
// was.
class WaitingInput final : public std::istream {
 public:
  static Result<std::unique_ptr<WaitingInput>> standard_input(std::stop_token stop);
  // Anything that has bytes. A FIFO is opened at once; its first writer is waited for when it is read.
  // Errors: not_found; invalid_argument for a folder.
  static Result<std::unique_ptr<WaitingInput>> open(std::string const& path, std::stop_token stop);

 private:
  class Buffer final : public std::streambuf {
   public:
    Buffer(int descriptor, Wakeup stopped, std::stop_token stop);

   protected:
    int_type underflow() override;

   private:
    int descriptor_;
    Wakeup stopped_;
    std::stop_callback<std::function<void()>> wake_;
    std::array<char, 1 << 16> bytes_;
  };

  WaitingInput(Descriptor file, int descriptor, Wakeup stopped, std::stop_token stop);

  Descriptor file_;  // empty for standard input
  Buffer buffer_;
};

}  // namespace shoal::os
