#include "http/event_log.h"

#include <gtest/gtest.h>

namespace shoal::http {
namespace {

runtime::Event event(std::uint64_t number, std::string detail = {}) {
  runtime::Event event;
  event.kind = runtime::Event::Kind::step_done;
  event.sequence = number;
  event.detail = std::move(detail);
  return event;
}

TEST(EventLog, GivesWhatIsNewAndThenTheResult) {
  EventLog log;
  int woken = 0;
  auto const wake = [&] { ++woken; };
  EXPECT_EQ(log.read(0, wake).text, "");
  log.append(event(1));
  log.append(event(2));
  EXPECT_EQ(woken, 1) << "once for who waits";
  auto const part = log.read(1, wake);
  EXPECT_EQ(part.text.find("id: 1\n"), std::string::npos);
  EXPECT_EQ(part.text.find("id: 2\n"), 0u);
  EXPECT_EQ(part.last, 2u);
  EXPECT_FALSE(part.over);
  EXPECT_EQ(log.read(2, wake).text, "");
  log.finish(Json::object({{"run", "r"}}));
  EXPECT_EQ(woken, 2);
  auto const end = log.read(2, wake);
  EXPECT_EQ(end.text, "event: result\ndata: {\"run\":\"r\"}\n\n");
  EXPECT_TRUE(end.over);
  EXPECT_TRUE(log.read(0, wake).text.starts_with("id: 1\n")) << "all of it again";
}

TEST(EventLog, SaysWhatIsNoLongerKept) {
  EventLog log(1000);
  for (std::uint64_t i = 1; i <= 100; ++i) log.append(event(i, std::string(50, 'x')));
  auto const part = log.read(3, [] {});
  EXPECT_TRUE(part.text.starts_with("event: gap\ndata: {\"first\":4,\"last\":9")) << part.text;
  EXPECT_EQ(part.last, 100u);
  EXPECT_LT(part.text.size(), 2000u);
}

TEST(EventLog, IsReadInBoundedPieces) {
  EventLog log;
  for (std::uint64_t i = 1; i <= 1000; ++i) log.append(event(i, std::string(1000, 'x')));
  std::uint64_t last = 0;
  int parts = 0;
  while (last < 1000) {
    auto const part = log.read(last, [] {});
    EXPECT_LT(part.text.size(), 100'000u);
    ASSERT_GT(part.last, last);
    last = part.last;
    ++parts;
  }
  EXPECT_GT(parts, 5);
}

}  // namespace
}  // namespace shoal::http
