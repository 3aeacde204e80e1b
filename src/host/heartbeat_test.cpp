#include "host/heartbeat.h"

#include <gtest/gtest.h>

namespace shoal::host {
namespace {

MonotonicTime at(int seconds_) { return MonotonicTime() + std::chrono::seconds(seconds_); }

TEST(Heartbeat, AHelloIsDueInTime) {
  Heartbeat silent({}, at(0));
  EXPECT_FALSE(silent.complaint(at(10)));
  EXPECT_TRUE(silent.complaint(at(11)));
  EXPECT_FALSE(silent.wants_ping(at(5))) << "before its hello";
}

TEST(Heartbeat, APingIsAnsweredByAnyFrame) {
  Heartbeat worker({}, at(0));
  worker.said_hello();
  worker.heard(at(1));
  ASSERT_TRUE(worker.wants_ping(at(3)));
  worker.pinged(at(3));
  EXPECT_FALSE(worker.wants_ping(at(9))) << "one at a time";
  EXPECT_FALSE(worker.complaint(at(23)));
  EXPECT_TRUE(worker.complaint(at(24)));
  worker.heard(at(24));
  EXPECT_FALSE(worker.complaint(at(24)));
}

TEST(Heartbeat, WhoComputesIsBusyAndWhoHasCallsAndDoesNothingHangs) {
  Heartbeat worker({}, at(0));
  worker.said_hello();
  for (int second = 0; second <= 2000; second += 10) {
    worker.pinged(at(second));
    worker.heard(at(second));
    worker.used(second < 1000 ? second * 0.5 : 500 + second * 1e-5, true, at(second));
    EXPECT_EQ(worker.complaint(at(second)).has_value(), second > 1300) << second;
  }
  worker.used(501, false, at(2010));
  EXPECT_FALSE(worker.complaint(at(2010)));
}

}  // namespace
}  // namespace shoal::host
