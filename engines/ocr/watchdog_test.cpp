#include "engines/ocr/watchdog.h"

#include <gtest/gtest.h>

#include <future>

namespace shoal::ocr_engine {
namespace {

using std::chrono::milliseconds;

TEST(WatchdogDeathTest, EndsTheProcessWhenACallTakesTooLong) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  auto const hang = [] {
    Stop const stop = [] { return false; };
    Watchdog watchdog(milliseconds(20));
    { Watchdog::Guard const in_time(watchdog, "page 1 of scan.pdf", stop); }
    Watchdog::Guard const guard(watchdog, "page 2 of scan.pdf", stop);
    std::promise<void> never;
    never.get_future().wait();
  };
  EXPECT_EXIT(hang(), testing::ExitedWithCode(1), "page 2 of scan.pdf takes longer than");
}

TEST(Watchdog, TellsWhoAskedWhenItCan) {
  std::promise<Error> told;
  Stop stop = [] { return false; };
  stop.give_up = [&](Error error) { told.set_value(std::move(error)); };
  Watchdog watchdog(milliseconds(20));
  Watchdog::Guard const guard(watchdog, "page 7 of scan.pdf", stop);
  EXPECT_TRUE(told.get_future().get().message().starts_with("page 7 of scan.pdf takes longer"));
}

TEST(Watchdog, LeavesCallsInTimeAlone) {
  Watchdog watchdog(std::chrono::hours(1));
  Stop const stop = [] { return false; };
  for (int i = 0; i < 1000; ++i) Watchdog::Guard const guard(watchdog, "page", stop);
}

}  // namespace
}  // namespace shoal::ocr_engine
