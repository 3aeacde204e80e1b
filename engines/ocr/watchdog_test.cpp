#include "engines/ocr/watchdog.h"

#include <gtest/gtest.h>

#include <future>

namespace shoal::ocr_engine {
namespace {

using std::chrono::milliseconds;

[[noreturn]] void work_for_ever() {
  for (volatile unsigned i = 0;;) i = i + 1;
}

TEST(WatchdogDeathTest, EndsTheProcessWhenACallTakesTooLong) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  auto const hang = [] {
    Stop const stop = [] { return false; };
    Watchdog watchdog("to be drawn");
    { Watchdog::Guard const in_time(watchdog, "page 1 of scan.pdf", milliseconds(20), stop); }
    Watchdog::Guard const guard(watchdog, "page 2 of scan.pdf", milliseconds(20), stop);
    work_for_ever();
  };
  EXPECT_EXIT(hang(), testing::ExitedWithCode(1),
              "page 2 of scan.pdf takes more than 0 s of a processor to be drawn");
}

TEST(Watchdog, TellsWhoAskedWhenItCan) {
  std::promise<Error> promise;
  auto told = promise.get_future();
  Stop stop = [] { return false; };
  stop.give_up = [&](Error error) { promise.set_value(std::move(error)); };
  Watchdog watchdog("to be drawn");
  Watchdog::Guard const guard(watchdog, "page 7 of scan.pdf", milliseconds(20), stop);
  while (told.wait_for(milliseconds(0)) != std::future_status::ready) {
  }
  EXPECT_TRUE(told.get().message().starts_with("page 7 of scan.pdf takes more"));
}

TEST(Watchdog, LeavesCallsInTimeAlone) {
  Watchdog watchdog("to be drawn");
  Stop const stop = [] { return false; };
  for (int i = 0; i < 1000; ++i) Watchdog::Guard const guard(watchdog, "page", std::chrono::hours(1), stop);
}

}  // namespace
}  // namespace shoal::ocr_engine
