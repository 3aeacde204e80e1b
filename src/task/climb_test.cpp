#include "task/climb.h"

#include <gtest/gtest.h>

namespace shoal::task {
namespace {

using value::Value;
using namespace std::chrono_literals;

Task ladder(std::vector<std::string> const& uses) {
  Task task;
  task.name = "t";
  for (auto const& use : uses) task.ladder.push_back({use, {}, {}});
  return task;
}

std::vector<Verdict> verdicts(int passed, int failed) {
  std::vector<Verdict> all(static_cast<std::size_t>(passed), {"good", true, ""});
  all.insert(all.end(), static_cast<std::size_t>(failed), {"bad", false, "it is bad"});
  return all;
}

TEST(Climb, EndsAtTheFirstRungThatPasses) {
  auto const task = ladder({"a", "b", "c"});
  Climb climb(task);
  ASSERT_EQ(climb.next(), 0u);
  climb.answered("from a", verdicts(1, 1), 5ms);
  ASSERT_EQ(climb.next(), 1u);
  climb.answered("from b", verdicts(2, 0), 10ms);
  EXPECT_EQ(climb.next(), std::nullopt);
  auto const outcome = climb.outcome();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_TRUE(outcome->passed);
  EXPECT_EQ(outcome->rung, 1u);
  EXPECT_EQ(outcome->outputs, Value("from b"));
  EXPECT_EQ(
      climb.route().dump(),
      R"({"task":"t","rung":"b","passed":true,"tried":[{"rung":"a","failed":[{"check":"bad","reason":"it is bad"}],)"
      R"("seconds":0.005},{"rung":"b","failed":[],"seconds":0.01}]})");
}

TEST(Climb, APassBehindAWorseAttemptStands) {
  auto const task = ladder({"a", "b"});
  Climb climb(task);
  climb.failed(Error(Code::engine_failed, "died"), 1ms);
  ASSERT_EQ(climb.next(), 1u);
  climb.answered("from b", {}, 1ms);
  ASSERT_TRUE(climb.outcome().has_value());
  EXPECT_TRUE(climb.outcome()->passed);
}

TEST(Climb, KeepsTheAttemptWithTheFewestFailures) {
  auto const task = ladder({"a", "b", "c", "d"});
  Climb climb(task);
  climb.answered("from a", verdicts(0, 2), 1ms);
  climb.answered("from b", verdicts(3, 1), 1ms);
  climb.answered("from c", verdicts(0, 1), 1ms);
  climb.answered("from d", verdicts(0, 3), 1ms);
  ASSERT_EQ(climb.next(), std::nullopt);
  auto const outcome = climb.outcome();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_FALSE(outcome->passed);
  EXPECT_EQ(outcome->rung, 2u);  // among equals the highest
  EXPECT_EQ(outcome->outputs, Value("from c"));
}

TEST(Climb, GivesTheLastErrorWhereNoRungAnswers) {
  auto const task = ladder({"a", "b"});
  Climb climb(task);
  climb.failed(Error(Code::unavailable, "first"), 1ms);
  climb.failed(Error(Code::engine_failed, "second"), 1ms);
  auto const outcome = climb.outcome();
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error(), Error(Code::engine_failed, "second"));
  EXPECT_EQ(climb.route()["rung"], Json());
  EXPECT_EQ(climb.route()["tried"].as_array()[0]["error"]["code"].as_string(), "unavailable");
}

TEST(Climb, PrefersAFailedAnswerToAnError) {
  auto const task = ladder({"a", "b"});
  Climb climb(task);
  climb.answered("from a", verdicts(0, 4), 1ms);
  climb.failed(Error(Code::engine_failed, "died"), 1ms);
  auto const outcome = climb.outcome();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->rung, 0u);
  EXPECT_FALSE(outcome->passed);
}

}  // namespace
}  // namespace shoal::task
