// Ends the process when a call into a library that cannot be stopped takes too long: a document may be made
// so that drawing or recognising a page takes years. Times are those of the calling thread on a processor, so
// that a busy machine makes no page slow. Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engines/ocr/raster.h"

namespace shoal::ocr_engine {

// What the calling thread has had of a processor.
std::chrono::nanoseconds thread_time();

class Watchdog {
 public:
  // `doing` is what takes too long: "to be drawn".
  explicit Watchdog(std::string doing);
  ~Watchdog();
  Watchdog(Watchdog const&) = delete;
  Watchdog& operator=(Watchdog const&) = delete;

  // Watches the calling thread from now until it goes. One at a time.
  class Guard {
   public:
    // `what` is being done, for the one whose `stop` may give up.
    Guard(Watchdog& watchdog, std::string what, std::chrono::milliseconds patience, Stop const& stop);
    ~Guard();
    Guard(Guard const&) = delete;
    Guard& operator=(Guard const&) = delete;

   private:
    Watchdog& watchdog_;
  };

 private:
  struct Watched {
    std::string what;  // "page 3 of scan.pdf"
    std::chrono::milliseconds patience;
    Stop const* stop;
    clockid_t clock;  // of the thread
    std::chrono::nanoseconds until;
  };
  void watch(std::stop_token const& ended);
  void give_up(Watched const& watched) const;
  void begin(Watched watched);
  void end();

  std::string const doing_;
  std::mutex mutex_;  // of watched_; a condition needs it bare
  std::condition_variable_any changed_;
  std::optional<Watched> watched_;
  std::jthread thread_;  // the last member: it uses the others
};

}  // namespace shoal::ocr_engine
