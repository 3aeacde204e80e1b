// Short messages from other processes of this user: a FIFO in the file system. A name as long as the disk
// allows (a socket's may have 108 bytes), and the kernel says whether anybody listens. Elsewhere: the same on
// macOS; a named pipe on Windows.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/result.h"
#include "os/descriptor.h"
#include "os/poller.h"

namespace shoal::os {

// A message is a line of at most so many bytes without its end; these arrive whole.
inline constexpr std::size_t kMaxMessageBytes = 1000;

// The one who listens. One process at a time per path: whoever owns what lies around it (see FileLock).
class Mailbox {
 public:
  // Makes the FIFO, readable for this user alone, or takes over one that a killed process left.
  // `on_message` is called on a thread of its own.
  static Result<std::unique_ptr<Mailbox>> open(std::string const& path,
                                               std::function<void(std::string_view)> on_message);
  Mailbox(Mailbox const&) = delete;
  Mailbox& operator=(Mailbox const&) = delete;
  // Nothing is called after this; the FIFO is removed.
  ~Mailbox();

 private:
  Mailbox(std::string path, std::function<void(std::string_view)> on_message, Descriptor fifo, Wakeup ended);
  void run();
  // false: the FIFO is broken.
  bool receive(std::string& pending);

  std::string path_;
  std::function<void(std::string_view)> on_message_;
  Descriptor fifo_;
  Wakeup ended_;
  std::thread thread_;
};

// Any thread. not_found: nobody listens there. busy: the listener has not read so many messages yet.
Result<void> leave_message(std::string const& path, std::string_view message);

}  // namespace shoal::os
