#include "engines/llama/text_stream.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace shoal::llama_engine {
namespace {

std::string push_bytewise(TextStream& stream, std::string_view text) {
  std::string shown;
  for (auto const byte : text) {
    auto const part = stream.push(std::string_view(&byte, 1));
    EXPECT_FALSE(find_invalid_utf8(part)) << part;
    shown += part;
  }
  return shown;
}

TEST(TextStream, NeverShowsHalfACharacter) {
  TextStream stream({});
  EXPECT_EQ(push_bytewise(stream, "aé日🐟!"), "aé日🐟!");
  EXPECT_EQ(stream.finish(), "");
  EXPECT_EQ(stream.text(), "aé日🐟!");
}

TEST(TextStream, HalfACharacterAtTheEndIsReplaced) {
  TextStream stream({});
  EXPECT_EQ(stream.push("ok\xF0\x9F"), "ok");
  EXPECT_EQ(stream.finish(), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(TextStream, BytesThatAreNoTextDoNotWaitForever) {
  TextStream stream({});
  EXPECT_EQ(stream.push("a\x80\x80\x80\x80"), "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(TextStream, StopsBeforeAStopTextOverPieces) {
  TextStream stream({"", "\n\nQ:", "END"});
  EXPECT_EQ(push_bytewise(stream, "yes\nno\n\n"), "yes\nno");
  EXPECT_EQ(stream.push("Q: more"), "");
  EXPECT_TRUE(stream.stopped());
  EXPECT_EQ(stream.push("END"), "");
  EXPECT_EQ(stream.finish(), "");
  EXPECT_EQ(stream.text(), "yes\nno");
}

TEST(TextStream, ShowsWhatOnlyBeganLikeAStopText) {
  TextStream stream({"END"});
  EXPECT_EQ(stream.push("EN"), "");
  EXPECT_EQ(stream.push("EMY"), "ENEMY");
  EXPECT_EQ(stream.push(" EN"), " ");
  EXPECT_FALSE(stream.stopped());
  EXPECT_EQ(stream.finish(), "EN");
}

TEST(TextStream, TheFirstStopTextInTheTextCounts) {
  TextStream stream({"two", "one"});
  EXPECT_EQ(stream.push("zero one two"), "zero ");
  EXPECT_TRUE(stream.stopped());
}

}  // namespace
}  // namespace shoal::llama_engine
