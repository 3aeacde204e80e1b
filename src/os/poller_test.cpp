#include "os/poller.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "os/socket.h"

namespace shoal::os {
namespace {

TEST(Poller, ReturnsEmptyWhenTheTimeIsOver) {
  auto const [ours, theirs] = socket_pair().value();
  Poller poller;
  poller.watch(ours.get(), Interest::read);
  EXPECT_TRUE(poller.wait(std::chrono::milliseconds(1)).value().empty());
  EXPECT_TRUE(poller.wait(Duration(-5)).value().empty());
}

TEST(Poller, SaysWhatIsReadyForWhat) {
  auto [ours, theirs] = socket_pair().value();
  Poller poller;
  poller.watch(ours.get(), Interest::read_write);
  std::vector<Ready> ready = poller.wait(std::nullopt).value();
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_TRUE(ready[0].writable);
  EXPECT_FALSE(ready[0].readable);

  poller.watch(ours.get(), Interest::read);  // changed, not added
  EXPECT_TRUE(poller.wait(Duration(0)).value().empty());
  ASSERT_TRUE(send(theirs.get(), "x"));
  ready = poller.wait(std::nullopt).value();
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_TRUE(ready[0].readable);
  EXPECT_FALSE(ready[0].closed);
  theirs.close();
  EXPECT_TRUE(poller.wait(std::nullopt).value()[0].closed);

  poller.remove(ours.get());
  EXPECT_TRUE(poller.wait(Duration(0)).value().empty());
}

TEST(Poller, IsWokenFromAnotherThread) {
  Wakeup const wakeup = Wakeup::create().value();
  Poller poller;
  poller.watch(wakeup.descriptor(), Interest::read);
  std::thread other([&] {
    wakeup.signal();
    wakeup.signal();
  });
  EXPECT_EQ(poller.wait(std::nullopt).value().at(0).descriptor, wakeup.descriptor());
  other.join();
  EXPECT_FALSE(poller.wait(Duration(0)).value().empty());  // until cleared
  wakeup.clear();
  EXPECT_TRUE(poller.wait(Duration(0)).value().empty());
  wakeup.clear();
}

}  // namespace
}  // namespace shoal::os
