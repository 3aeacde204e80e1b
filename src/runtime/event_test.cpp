#include "runtime/event.h"

#include <gtest/gtest.h>

namespace shoal::runtime {
namespace {

TEST(Event, IsWrittenWithoutWhatIsEmptyAndInFewBytes) {
  Event event{3, Event::Kind::each_advanced, "read", "", 7, 24, {}, "1m86g0z39bfs"};
  EXPECT_EQ(to_json(event).dump(),
            R"({"run":"1m86g0z39bfs","seq":3,"event":"each_advanced","step":"read","done":7,"total":24})");
  event = {4, Event::Kind::step_chunk, "draft", "text", 0, 0, "and", "1m86g0z39bfs"};
  EXPECT_EQ(to_json(event)["value"], Json("and"));
  // What a step in a nested pipeline tells in all: that it began, and how it ended.
  std::size_t bytes = 0;
  for (auto const kind : {Event::Kind::step_started, Event::Kind::step_done}) {
    bytes += to_json({1000,
                      kind,
                      "answer/answer-from-sentences/best[12]",
                      "smollm2-135m.score",
                      0,
                      0,
                      {},
                      "1m86g0z39bfs"})
                 .dump()
                 .size();
  }
  EXPECT_LT(bytes, 300u);
}

}  // namespace
}  // namespace shoal::runtime
