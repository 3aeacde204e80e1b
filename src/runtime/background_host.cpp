#include "runtime/background_host.h"

#include <filesystem>
#include <variant>

#include "base/text.h"
#include "os/file.h"
#include "os/lock.h"
#include "os/process.h"

namespace shoal::runtime {
namespace {

constexpr auto kLookAgain = std::chrono::milliseconds(2);
constexpr int kMostLooks = 5000;
constexpr std::uint64_t kMaxLogBytes = 1u << 20;

// Why a host ended before it listened.
Error reason_of(os::ExitStatus const& status, os::Home const& home, std::string const& log) {
  auto const lock = os::FileLock::try_acquire(home.data + "/host.lock", os::own_command_line());
  if (!lock) return lock.error();
  if (auto const* holder = std::get_if<os::FileLock::Holder>(&*lock))
    return Error(Code::busy, holder->describe() + " has this home's models");
  auto const said = os::read_file(log, kMaxLogBytes).value_or(std::string());
  auto const lines = split(trim(said), '\n');
  auto const last = lines.empty() ? std::string_view() : lines.back();
  return Error(Code::unavailable, "the host in the background " + status.describe() +
                                      (last.empty() ? "" : ": " + std::string(last)) + " (its log is " + log +
                                      ")");
}

// Ours, but that the home is found from any folder.
std::vector<std::string> environment_of_host() {
  auto environment = os::whole_environment();
  constexpr std::string_view kHome = "SHOAL_HOME=";
  for (auto& entry : environment) {
    std::error_code failed;
    if (!entry.starts_with(kHome) || entry.size() == kHome.size()) continue;
    entry = std::string(kHome) + std::filesystem::absolute(entry.substr(kHome.size()), failed).string();
  }
  return environment;
}

Result<std::unique_ptr<os::Process>> spawn(BackgroundHost const& host, std::string const& log_file) {
  TRY(os::make_folders(host.home.cache));
  TRY(os::write_file_atomically(log_file, "", os::Permissions::private_to_user));
  auto const log = TRY(os::AppendFile::open(log_file));
  os::Command command;
  command.program = TRY(os::executable_path());
  command.arguments = {"serve", "--quiet", "--idle-exit", host.idle_exit};
  command.environment = environment_of_host();
  command.working_folder = "/";
  command.descriptors = {{1, log.descriptor().get()}, {2, log.descriptor().get()}};
  command.dies_with_us = false;
  command.own_session = true;
  return os::Process::spawn(command);
}

}  // namespace

Result<void> start_in_background(BackgroundHost const& host) {
  // Of commands that come at once, one starts it and the others find it.
  auto const turn =
      TRY(os::FileLock::acquire(host.home.data + "/start.lock", os::own_command_line(), host.stop));
  if (host.is_listening()) return {};
  auto const log_file = host.home.cache + "/serve.log";
  auto const process = TRY(spawn(host, log_file));
  for (int look = 0; look < kMostLooks && !host.stop.stop_requested(); ++look) {
    if (host.is_listening()) {
      process->release();
      return {};
    }
    if (auto const ended = process->wait_for(kLookAgain)) return reason_of(*ended, host.home, log_file);
  }
  if (host.stop.stop_requested()) return Error(Code::cancelled, "cancelled");
  return Error(Code::deadline_exceeded, "the host in the background does not listen; its log is " + log_file);
}

}  // namespace shoal::runtime
