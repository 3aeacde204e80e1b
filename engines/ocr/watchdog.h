// Ends the process when a call into a library that cannot be stopped takes too long: a document may be made
// so that drawing a page takes years. Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engines/ocr/raster.h"

namespace shoal::ocr_engine {

class Watchdog {
 public:
  explicit Watchdog(std::chrono::milliseconds patience);
  ~Watchdog();
  Watchdog(Watchdog const&) = delete;
  Watchdog& operator=(Watchdog const&) = delete;

  // Watches from now until it goes. One at a time.
  class Guard {
   public:
    // `what` is being drawn, for the one whose `stop` may give up.
    Guard(Watchdog& watchdog, std::string what, Stop const& stop);
    ~Guard();
    Guard(Guard const&) = delete;
    Guard& operator=(Guard const&) = delete;

   private:
    Watchdog& watchdog_;
  };

 private:
  struct Watched {
    std::string what;  // "page 3 of scan.pdf"
    Stop const* stop;
    std::chrono::steady_clock::time_point until;
  };
  void watch(std::stop_token const& ended);
  void begin(std::string what, Stop const& stop);
  void end();

  std::chrono::milliseconds const patience_;
  std::mutex mutex_;  // of watched_; a condition needs it bare
  std::condition_variable_any changed_;
  std::optional<Watched> watched_;
  std::jthread thread_;  // the last member: it uses the others
};

}  // namespace shoal::ocr_engine
