#include "os/waiting_input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "os/system_error.h"

namespace shoal::os {

Result<std::unique_ptr<WaitingInput>> WaitingInput::standard_input(std::stop_token stop) {
  auto stopped = TRY(Wakeup::create());
  return std::unique_ptr<WaitingInput>(
      new WaitingInput(Descriptor(), STDIN_FILENO, std::move(stopped), std::move(stop)));
}

Result<std::unique_ptr<WaitingInput>> WaitingInput::open(std::string const& path, std::stop_token stop) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!file) return last_system_error("opening " + path);
  struct stat facts = {};
  if (fstat(file.get(), &facts) != 0) return last_system_error("looking at " + path);
  if (S_ISDIR(facts.st_mode)) return Error(Code::invalid_argument, path + " is a folder");
  auto const descriptor = file.get();
  auto stopped = TRY(Wakeup::create());
  return std::unique_ptr<WaitingInput>(
      new WaitingInput(std::move(file), descriptor, std::move(stopped), std::move(stop)));
}

WaitingInput::WaitingInput(Descriptor file, int descriptor, Wakeup stopped, std::stop_token stop)
    : std::istream(nullptr),
      file_(std::move(file)),
      buffer_(descriptor, std::move(stopped), std::move(stop)) {
  rdbuf(&buffer_);
}

WaitingInput::Buffer::Buffer(int descriptor, Wakeup stopped, std::stop_token stop)
    : descriptor_(descriptor),
      stopped_(std::move(stopped)),
      wake_(std::move(stop), [this] { stopped_.signal(); }) {}

// Waits first: before a FIFO has its first writer, a read that does not wait would see an end.
WaitingInput::Buffer::int_type WaitingInput::Buffer::underflow() {
  Poller poller;
  poller.watch(descriptor_, Interest::read);
  poller.watch(stopped_.descriptor(), Interest::read);
  for (;;) {
    auto const ready = poller.wait(std::nullopt);
    if (!ready) return traits_type::eof();
    for (auto const& entry : *ready) {
      if (entry.descriptor == stopped_.descriptor()) return traits_type::eof();
    }
    auto const got = ::read(descriptor_, bytes_.data(), bytes_.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) return traits_type::eof();
    setg(bytes_.data(), bytes_.data(), bytes_.data() + got);
    return traits_type::to_int_type(bytes_.front());
  }
}

}  // namespace shoal::os
