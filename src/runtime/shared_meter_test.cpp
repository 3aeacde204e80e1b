#include "runtime/shared_meter.h"

#include <gtest/gtest.h>

namespace shoal::runtime {
namespace {

TEST(SharedMeter, SharesSumToWhatWasCounted) {
  double count = 100;
  SharedMeter meter([&] { return count; });
  auto const first = meter.begin();
  count += 4;  // the first alone
  auto const second = meter.begin();
  count += 6;  // both
  EXPECT_DOUBLE_EQ(meter.end(first), 4 + 3);
  count += 5;  // the second alone
  EXPECT_DOUBLE_EQ(meter.end(second), 3 + 5);
  count += 50;  // nobody
  auto const third = meter.begin();
  EXPECT_DOUBLE_EQ(meter.end(third), 0);
}

}  // namespace
}  // namespace shoal::runtime
