#include "os/mailbox.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "base/log.h"
#include "os/system_error.h"

namespace shoal::os {
namespace {

static_assert(kMaxMessageBytes < PIPE_BUF, "a message is written at once or not at all");

Result<Descriptor> open_fifo(std::string const& path, int flags) {
  Descriptor fifo(::open(path.c_str(), flags | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY));
  if (!fifo && errno == ENXIO) return Error(Code::not_found, "nobody listens at " + path);
  if (!fifo) return last_system_error("opening " + path);
  struct stat facts = {};
  if (fstat(fifo.get(), &facts) != 0) return last_system_error("looking at " + path);
  if (!S_ISFIFO(facts.st_mode)) return Error(Code::already_exists, path + " is there and is no FIFO");
  return fifo;
}

}  // namespace

Result<std::unique_ptr<Mailbox>> Mailbox::open(std::string const& path,
                                               std::function<void(std::string_view)> on_message) {
  if (mkfifo(path.c_str(), 0600) != 0 && errno != EEXIST) return last_system_error("making the FIFO " + path);
  // For writing, too: it never sees an end, whoever comes and goes.
  auto fifo = TRY(open_fifo(path, O_RDWR));
  auto ended = TRY(Wakeup::create());
  return std::unique_ptr<Mailbox>(
      new Mailbox(path, std::move(on_message), std::move(fifo), std::move(ended)));
}

Mailbox::Mailbox(std::string path, std::function<void(std::string_view)> on_message, Descriptor fifo,
                 Wakeup ended)
    : path_(std::move(path)),
      on_message_(std::move(on_message)),
      fifo_(std::move(fifo)),
      ended_(std::move(ended)),
      thread_([this] { run(); }) {}

Mailbox::~Mailbox() {
  ended_.signal();
  thread_.join();
  ::unlink(path_.c_str());
}

void Mailbox::run() {
  Poller poller;
  poller.watch(fifo_.get(), Interest::read);
  poller.watch(ended_.descriptor(), Interest::read);
  std::string pending;
  for (;;) {
    auto const ready = poller.wait(std::nullopt);
    if (!ready)
      return log_error("messages of other processes are no longer heard: " + ready.error().message());
    for (auto const& entry : *ready) {
      if (entry.descriptor == ended_.descriptor() || !receive(pending)) return;
    }
  }
}

bool Mailbox::receive(std::string& pending) {
  char buffer[4096];
  auto const got = ::read(fifo_.get(), buffer, sizeof buffer);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  pending.append(buffer, static_cast<std::size_t>(got));
  for (std::size_t end = 0; (end = pending.find('\n')) != std::string::npos; pending.erase(0, end + 1)) {
    on_message_(std::string_view(pending).substr(0, end));
  }
  if (pending.size() > kMaxMessageBytes) pending.clear();  // not one of ours
  return true;
}

Result<void> leave_message(std::string const& path, std::string_view message) {
  CHECK(message.size() <= kMaxMessageBytes && message.find('\n') == std::string_view::npos);
  auto const fifo = TRY(open_fifo(path, O_WRONLY));
  auto const line = std::string(message) + "\n";
  if (::write(fifo.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size())) return {};
  if (errno == EAGAIN) return Error(Code::busy, "whoever listens at " + path + " does not read; try again");
  return last_system_error("writing to " + path);
}

}  // namespace shoal::os
