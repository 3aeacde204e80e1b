#include "os/signals.h"

#include <unistd.h>
#include <atomic>
#include <csignal>

#include "base/check.h"
#include "base/log.h"
#include "os/system_error.h"

namespace shoal::os {
namespace {

constexpr int kStopSignals[] = {SIGINT, SIGTERM, SIGHUP};

// All that the handler may use; the one StopSignals of the process owns what they point to.
std::atomic<Wakeup const*> handler_wakeup = nullptr;
std::atomic<int> first_signal = 0;
static_assert(std::atomic<Wakeup const*>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void handle(int signal_number) {
  int none = 0;
  if (first_signal.compare_exchange_strong(none, signal_number)) {
    if (Wakeup const* wakeup = handler_wakeup.load()) wakeup->signal();
    return;
  }
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
}

Result<void> install_handler(int signal_number) {
  struct sigaction settings = {};
  if (sigaction(signal_number, nullptr, &settings) != 0) return last_system_error("handling signals");
  if (settings.sa_handler == SIG_IGN) return {};  // nohup, or a shell's background job: that is to stay so
  settings = {};
  settings.sa_handler = handle;
  sigemptyset(&settings.sa_mask);
  settings.sa_flags = SA_RESTART;
  if (sigaction(signal_number, &settings, nullptr) != 0) return last_system_error("handling signals");
  return {};
}

void remove_handler(int signal_number) {
  struct sigaction settings = {};
  if (sigaction(signal_number, nullptr, &settings) == 0 && settings.sa_handler == handle) {
    std::signal(signal_number, SIG_DFL);
  }
}

}  // namespace

Result<std::unique_ptr<StopSignals>> StopSignals::install(std::function<void(int)> on_stop) {
  Wakeup received = TRY(Wakeup::create());
  Wakeup ended = TRY(Wakeup::create());
  std::unique_ptr<StopSignals> result(
      new StopSignals(std::move(on_stop), std::move(received), std::move(ended)));
  for (int signal_number : kStopSignals) TRY(install_handler(signal_number));
  return result;
}

StopSignals::StopSignals(std::function<void(int)> on_stop, Wakeup received, Wakeup ended)
    : on_stop_(std::move(on_stop)), received_(std::move(received)), ended_(std::move(ended)) {
  Wakeup const* none = nullptr;
  CHECK(handler_wakeup.compare_exchange_strong(none, &received_));
  first_signal = 0;
  thread_ = std::thread([this] { run(); });
}

StopSignals::~StopSignals() {
  for (int signal_number : kStopSignals) remove_handler(signal_number);
  ended_.signal();
  thread_.join();
  handler_wakeup = nullptr;
}

void StopSignals::run() {
  Poller poller;
  poller.watch(received_.descriptor(), Interest::read);
  poller.watch(ended_.descriptor(), Interest::read);
  for (;;) {
    Result<std::vector<Ready>> ready = poller.wait(std::nullopt);
    if (!ready) return log_error("signals are no longer handled: " + ready.error().message());
    for (Ready const& entry : *ready) {
      if (entry.descriptor == ended_.descriptor()) return;
      received_.clear();
      on_stop_(first_signal);
    }
  }
}

void ignore_file_size_limit() { std::signal(SIGXFSZ, SIG_IGN); }

void ignore_broken_pipes() { std::signal(SIGPIPE, SIG_IGN); }

}  // namespace shoal::os
