#include "engines/llama/turns.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <thread>

#include "engines/llama/testing.h"

namespace shoal::llama_engine {
namespace {

using testing::FakeContext;

TEST(Turns, ComeInTheOrderOfAsking) {
  Turns turns;
  FakeContext context;
  std::optional<Turns::Turn> first(std::move(turns.wait(context)).value());
  std::vector<int> order;  // written in turns
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      auto const turn = turns.wait(context);
      ASSERT_TRUE(turn);
      order.push_back(i);
    });
    while (turns.waiting() != static_cast<std::size_t>(i) + 1) std::this_thread::yield();
  }
  EXPECT_TRUE(order.empty());
  first.reset();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
}

TEST(Turns, ACancelledCallLeavesTheQueue) {
  Turns turns;
  FakeContext running, cancelled;
  std::optional<Turns::Turn> first(std::move(turns.wait(running)).value());
  cancelled.stop = true;
  auto const turn = turns.wait(cancelled);
  ASSERT_FALSE(turn);
  EXPECT_EQ(turn.error().code(), Code::cancelled);
  first.reset();
  EXPECT_TRUE(turns.wait(running)) << "the queue is free again";
}

}  // namespace
}  // namespace shoal::llama_engine
