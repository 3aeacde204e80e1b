#include "http/server.h"

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "base/log.h"
#include "http/crew.h"
#include "http/native_api.h"
#include "http/runs.h"
#include "net/http_server.h"
#include "runtime/own_process.h"

namespace shoal::http {
namespace {

constexpr std::size_t kMostAtOnce = 256;  // requests that run or read something
constexpr auto kLookAgain = std::chrono::milliseconds(5);
constexpr auto kLookAtWork = std::chrono::milliseconds(100);
constexpr auto kTidyAfter = std::chrono::seconds(2);
// For answers on their way when the host ends.
constexpr auto kDrainPatience = std::chrono::seconds(5);

class Server {
 public:
  Server(runtime::Runtime& runtime, Clock const& clock, ServeOptions const& options)
      : runtime_(runtime),
        clock_(clock),
        options_(options),
        started_(clock.wall()),
        last_used_(clock.now()),
        runs_(runtime, clock, [this] { note_use(); }),
        api_(runtime, runs_, crew_, facts()) {}

  Result<void> run() {
    auto const socket = socket_of(runtime_);
    auto http =
        TRY(net::HttpServer::start(socket, [this](net::ServerRequest request, net::Responder responder) {
          note_use();
          api_.handle(std::move(request), std::move(responder));
        }));
    http_ = http.get();
    resume_interrupted_runs();
    if (options_.on_ready) options_.on_ready();
    {
      std::stop_callback const on_stop(options_.stop, [this] { end(true); });
      wait_for_the_end();
    }
    drain();
    std::error_code gone_already;
    std::filesystem::remove(socket, gone_already);
    return {};
  }

 private:
  HostFacts facts() {
    HostFacts facts;
    facts.build = runtime::own_build();
    facts.describe = [this] { return describe(); };
    facts.on_stop = [this](bool now) { end(now); };
    return facts;
  }

  Json describe() const {
    auto state = Json::object({{"version", SHOAL_VERSION},
                               {"process_id", runtime::own_process_id()},
                               {"home", runtime_.home().data},
                               {"cores", runtime_.cores()},
                               {"started", to_rfc3339(started_)}});
    state.set("idle_exit_seconds", options_.idle_exit ? Json(seconds(*options_.idle_exit)) : Json());
    return state;
  }

  // What a killed host left undone.
  void resume_interrupted_runs() {
    for (auto const& run : runtime_.resumable_runs()) {
      auto const taken = crew_.run([this, run] { runs_.resume(run); });
      if (!taken) log_warning("run " + run + " is not resumed: " + taken.error().message());
    }
  }

  // Whoever waits for idleness looks again when that would have been; it is not woken for each use.
  void note_use() {
    std::lock_guard const lock(mutex_);
    last_used_ = clock_.now();
    bool const was_tidy = is_tidy_.exchange(false);
    if (was_tidy || ending_) changed_.notify_all();
  }

  void end(bool now) {
    runs_.end(now);
    std::lock_guard const lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }

  void wait_for_the_end() {
    std::unique_lock lock(mutex_);
    while (!(ending_ && runs_.count() == 0)) {
      auto const idle = clock_.now() - last_used_;
      bool const used = runs_.count() > 0 || http_->exchanges() > 0;
      auto const due = is_tidy_ ? options_.idle_exit : std::optional<Duration>(kTidyAfter);
      if (ending_ || !due) {
        changed_.wait(lock);
      } else if (used || idle < *due) {
        changed_.wait_for(lock, std::max<Duration>(*due - idle, kLookAtWork));
      } else {
        lock.unlock();
        be_idle();
        lock.lock();
      }
    }
  }

  // After some time without work.
  void be_idle() {
    if (is_tidy_) return end(false);
    runs_.while_idle([this] { runtime_.tidy(); });
    is_tidy_ = true;
  }

  // Answers that are on their way arrive.
  void drain() {
    std::mutex unused;
    std::unique_lock lock(unused);
    std::condition_variable never;
    auto const until = clock_.now() + kDrainPatience;
    while (http_->exchanges() > 0 && clock_.now() < until) never.wait_for(lock, kLookAgain);
  }

  runtime::Runtime& runtime_;
  Clock const& clock_;
  ServeOptions const& options_;
  WallTime const started_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  MonotonicTime last_used_;
  bool ending_ = false;
  std::atomic<bool> is_tidy_ = true;  // since the last use
  net::HttpServer* http_ = nullptr;
  Runs runs_;
  NativeApi api_;
  Crew crew_{kMostAtOnce};  // ends before what it works with
};

}  // namespace

std::string socket_of(runtime::Runtime const& runtime) { return runtime.home().data + "/host.sock"; }

Result<void> serve(runtime::Runtime& runtime, Clock const& clock, ServeOptions const& options) {
  TRY(runtime.take_home());
  return Server(runtime, clock, options).run();
}

}  // namespace shoal::http
