#include "runtime/background_host.h"

#include <algorithm>

#include "base/text.h"
#include "os/file.h"
#include "os/lock.h"
#include "os/process.h"

namespace shoal::runtime {
namespace {

constexpr auto kLookAgain = std::chrono::milliseconds(2);
constexpr int kMostLooks = 5000;
constexpr std::uint64_t kMaxLogBytes = 1u << 20;

Result<void> require_free(os::Home const& home) {
  auto const lock = TRY(os::FileLock::try_acquire(home.data + "/host.lock", os::own_command_line()));
  if (auto const* holder = std::get_if<os::FileLock::Holder>(&lock))
    return Error(Code::busy, holder->describe() + " has this home's models");
  return {};
}

Error did_not_start(os::ExitStatus const& status, std::string const& log) {
  auto const said = os::read_file(log, kMaxLogBytes).value_or(std::string());
  auto const lines = split(trim(said), '\n');
  auto const last = lines.empty() ? std::string_view() : lines.back();
  return Error(Code::unavailable, "the host in the background " + status.describe() +
                                      (last.empty() ? "" : ": " + std::string(last)) + " (its log is " + log +
                                      ")");
}

}  // namespace

Result<void> start_in_background(BackgroundHost const& host) {
  TRY(require_free(host.home));
  TRY(os::make_folders(host.home.cache));
  auto const log_file = host.home.cache + "/serve.log";
  TRY(os::write_file_atomically(log_file, "", os::Permissions::private_to_user));
  auto const log = TRY(os::AppendFile::open(log_file));
  os::Command command;
  command.program = TRY(os::executable_path());
  command.arguments = {"serve", "--idle-exit", host.idle_exit};
  command.environment = os::whole_environment();
  command.working_folder = "/";
  command.descriptors = {{1, log.descriptor().get()}, {2, log.descriptor().get()}};
  command.dies_with_us = false;
  command.own_session = true;
  auto const process = TRY(os::Process::spawn(command));
  for (int look = 0; look < kMostLooks && !host.stop.stop_requested(); ++look) {
    if (host.is_listening()) {
      process->release();
      return {};
    }
    auto const ended = process->wait_for(kLookAgain);
    // Another one may have been faster.
    if (ended && host.is_listening()) return {};
    if (ended) return did_not_start(*ended, log_file);
  }
  if (host.stop.stop_requested()) return Error(Code::cancelled, "cancelled");
  return Error(Code::deadline_exceeded, "the host in the background does not listen; its log is " + log_file);
}

}  // namespace shoal::runtime
