#include "os/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <string_view>

#include <vector>

#include "base/text.h"
#include "os/file.h"
#include "os/poller.h"
#include "os/system_error.h"

namespace shoal::os {
namespace {

constexpr std::size_t kMaxNoteBytes = 4096;
constexpr auto kRetry = std::chrono::milliseconds(50);

// The note in the file: "<process id>\n<note>\n".
FileLock::Holder read_holder(int file) {
  char buffer[kMaxNoteBytes];
  ssize_t const got = pread(file, buffer, sizeof buffer, 0);
  std::string_view const text(buffer, got > 0 ? static_cast<std::size_t>(got) : 0);
  std::size_t const line_end = text.find('\n');
  if (line_end == std::string_view::npos) return {};
  FileLock::Holder holder;
  std::from_chars(text.data(), text.data() + line_end, holder.process_id);
  holder.note = std::string(trim(text.substr(line_end + 1)));
  return holder;
}

Result<void> write_note(int file, std::string const& note, std::string const& path) {
  std::string text = std::to_string(getpid()) + "\n" + note.substr(0, kMaxNoteBytes - 32) + "\n";
  if (ftruncate(file, 0) != 0 || pwrite(file, text.data(), text.size(), 0) < 0) {
    return last_system_error("writing the lock file " + path);
  }
  return {};
}

// Who can read a file can lock it and keep all others waiting. For one that was made by an older program.
void keep_to_owner(int file) {
  struct stat facts = {};
  if (fstat(file, &facts) == 0 && facts.st_uid == geteuid() && (facts.st_mode & 077) != 0) fchmod(file, 0600);
}

}  // namespace

std::string FileLock::Holder::describe() const {
  if (process_id == 0) return "another process";
  std::string text = "process " + std::to_string(process_id);
  return note.empty() ? text : text + " (" + note + ")";
}

Result<std::variant<FileLock, FileLock::Holder>> FileLock::try_acquire(std::string const& path,
                                                                       std::string const& note) {
  using Outcome = std::variant<FileLock, Holder>;
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600));
  if (!file) return last_system_error("opening the lock file " + path);
  keep_to_owner(file.get());
  while (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return Outcome(read_holder(file.get()));
    if (errno != EINTR) return last_system_error("locking " + path);
  }
  TRY(write_note(file.get(), note, path));
  return Outcome(FileLock(std::move(file)));
}

Result<FileLock> FileLock::acquire(std::string const& path, std::string const& note,
                                   std::stop_token const& stop,
                                   std::function<void(Holder const&)> const& on_wait) {
  Wakeup const stopped = TRY(Wakeup::create());
  std::stop_callback const wake(stop, [&] { stopped.signal(); });
  Poller poller;
  poller.watch(stopped.descriptor(), Interest::read);

  std::optional<int> announced;
  for (;;) {
    auto outcome = TRY(try_acquire(path, note));
    if (auto* lock = std::get_if<FileLock>(&outcome)) return std::move(*lock);
    Holder const& holder = std::get<Holder>(outcome);
    if (on_wait && announced != holder.process_id) on_wait(holder);
    announced = holder.process_id;
    if (!TRY(poller.wait(kRetry)).empty()) {
      return Error(Code::cancelled, "stopped while waiting for " + holder.describe() + " to release " + path);
    }
  }
}

std::string own_command_line() {
  constexpr std::size_t kReadable = 200;
  constexpr std::size_t kWords = 3;
  Result<std::string> raw = read_file("/proc/self/cmdline", 1u << 22);
  if (!raw) return {};
  std::vector<std::string> words;
  for (auto const word : split(*raw, '\0')) {
    // What has a space in it is no verb or name, but something that a person wrote.
    if (words.size() == kWords || word.find_first_of(" \n") != std::string_view::npos) break;
    words.emplace_back(word);
  }
  std::string line = make_valid_utf8(join(words, " "));
  for (char& letter : line) {
    if (static_cast<unsigned char>(letter) < ' ') letter = ' ';
  }
  line = std::string(trim(line));
  if (line.size() <= kReadable) return line;
  return make_valid_utf8(line.substr(0, kReadable)) + "…";
}

}  // namespace shoal::os
