#include "http/event_stream.h"

#include <gtest/gtest.h>

#include <vector>

namespace shoal::http {
namespace {

using Events = std::vector<std::pair<std::string, std::string>>;

Events read_in_pieces(std::string const& text, std::size_t size) {
  Events events;
  EventStreamReader reader([&](std::string_view name, std::string_view data) -> Result<void> {
    events.emplace_back(name, data);
    return {};
  });
  for (std::size_t at = 0; at < text.size(); at += size) EXPECT_TRUE(reader.read(text.substr(at, size)));
  return events;
}

TEST(EventStream, IsReadAsItWasWrittenInPiecesOfAnySize) {
  auto const text = event_text("7", "step_done", R"({"a": 1})") + event_text("", "result", "{}");
  EXPECT_EQ(text, "id: 7\nevent: step_done\ndata: {\"a\": 1}\n\nevent: result\ndata: {}\n\n");
  Events const expected = {{"step_done", R"({"a": 1})"}, {"result", "{}"}};
  for (std::size_t size = 1; size <= text.size(); ++size) EXPECT_EQ(read_in_pieces(text, size), expected);
}

TEST(EventStream, CommentsAndHalfAnEventAreNoEvents) {
  EXPECT_TRUE(read_in_pieces(": still there\n\nevent: x\ndata: 1\n", 4).empty());
}

TEST(EventStream, AnErrorOfTheListenerEndsTheReading) {
  EventStreamReader reader([](auto, auto) -> Result<void> { return Error(Code::cancelled, "enough"); });
  EXPECT_EQ(reader.read(event_text("", "x", "1")).error().code(), Code::cancelled);
}

}  // namespace
}  // namespace shoal::http
