// The program `shoal`: builds the parts and hands each what it needs.
#include <cstdlib>
#include <iostream>

#include "base/log.h"
#include "base/text.h"
#include "cli/cli.h"
#include "os/descriptor.h"
#include "os/machine.h"
#include "os/paths.h"
#include "os/signals.h"
#include "os/terminal.h"
#include "os/waiting_input.h"
#include "runtime/background_host.h"

namespace {

using namespace shoal;

constexpr auto kIdleExit = "10m";

std::vector<std::string> mirror_files_from_environment() {
  std::vector<std::string> files;
  auto const* given = std::getenv("SHOAL_MIRRORS");
  for (auto const file : split(given ? given : "", ':')) {
    if (!file.empty()) files.emplace_back(file);
  }
  return files;
}

// What all workers together may take.
Result<std::optional<std::uint64_t>> memory_from_environment() {
  auto const* given = std::getenv("SHOAL_MEMORY");
  if (!given) return std::optional<std::uint64_t>();
  if (auto const bytes = parse_bytes(given)) return std::optional(*bytes);
  return Error(Code::invalid_argument,
               "SHOAL_MEMORY is a size such as 600MB or 8GiB, not `" + printable(given) + "`");
}

cli::Terminal find_terminal() {
  using os::StandardStream;
  cli::Terminal terminal;
  terminal.input = os::is_terminal(StandardStream::input);
  terminal.output = os::is_terminal(StandardStream::output);
  terminal.error = os::is_terminal(StandardStream::error);
  terminal.color = os::wants_color(StandardStream::error);
  terminal.width = os::terminal_width(StandardStream::error).value_or(terminal.width);
  return terminal;
}

int run(std::vector<std::string> const& words) {
  if (auto const open = os::open_standard_streams(); !open) return exit_status(open.error().code());
  os::ignore_broken_pipes();
  os::ignore_file_size_limit();
  start_log("shoal", LogLevel::warning);
  std::stop_source stop;
  auto const signals = os::StopSignals::install([&](int) { stop.request_stop(); });
  if (!signals) log_warning("Ctrl-C will kill at once: " + signals.error().message());

  SystemClock const clock;
  net::Egress egress;
  auto const input = os::WaitingInput::standard_input(stop.get_token());
  if (!input) {
    log_error(input.error().message());
    return exit_status(input.error().code());
  }
  cli::Environment environment{**input,
                               std::cout,
                               std::cerr,
                               clock,
                               find_terminal(),
                               SHOAL_VERSION,
                               stop.get_token(),
                               mirror_files_from_environment(),
                               {},
                               {},
                               {}};
  environment.open_home = [&](cli::HomeRequest request) -> Result<std::unique_ptr<runtime::Runtime>> {
    runtime::Runtime::Options options;
    options.home = TRY(os::find_home());
    options.installation = TRY(os::find_installation());
    options.mirror_files = std::move(request.mirror_files);
    options.cores = os::core_count();
    options.memory_bytes = TRY(memory_from_environment());
    options.on_wait = std::move(request.on_wait);
    options.stop = stop.get_token();
    return runtime::Runtime::open(std::move(options), egress, clock);
  };
  // SHOAL_HOST=own: every command does its work by itself.
  auto const* host = std::getenv("SHOAL_HOST");
  if (!host || std::string_view(host) != "own") {
    environment.start_host = [&](std::function<bool()> is_listening) -> Result<void> {
      return runtime::start_in_background(
          {TRY(os::find_home()), kIdleExit, std::move(is_listening), stop.get_token()});
    };
  }
  environment.examine = [&](std::vector<std::string> mirror_files) {
    return runtime::examine(
        {os::find_home(), os::find_installation(), std::move(mirror_files), clock.wall()});
  };
  return cli::run(environment, words);
}

}  // namespace

int main(int count, char** words) {
  try {
    return run({words + 1, words + count});
  } catch (std::exception const& thrown) {
    log_error(std::string("internal error: ") + thrown.what());
    return exit_status(Code::internal);
  }
}
