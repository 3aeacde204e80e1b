#include "engines/llama/outlet.h"

#include <gtest/gtest.h>

#include "engines/llama/testing.h"

namespace shoal::llama_engine {
namespace {

TEST(LlamaOutlet, APartThatCouldGoAtOnceWaitsForThoseBeforeIt) {
  testing::FakeContext context;
  Outlet outlet;
  context.has_room = true;
  outlet.show(context, "one ");
  EXPECT_EQ(context.chunks, (std::vector<std::string>{"one "})) << "there is room";
  context.has_room = false;
  outlet.show(context, "two ");
  EXPECT_EQ(context.chunks.size(), 1u) << "the batch does not wait for room";
  context.has_room = true;
  outlet.show(context, "three");
  outlet.finish(engine::Reply());
  ASSERT_TRUE(outlet.wait(context));
  EXPECT_EQ(context.chunks, (std::vector<std::string>{"one ", "two ", "three"}));
}

}  // namespace
}  // namespace shoal::llama_engine
