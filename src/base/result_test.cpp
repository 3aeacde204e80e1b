#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace shoal {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return Error(Code::invalid_argument, std::to_string(value) + " is odd");
  return value / 2;
}

Result<int> quarter(int value) {
  int once = TRY(half(value));
  return TRY(half(once).within("the half"));
}

Result<void> require_even(int value) {
  TRY(half(value));
  return {};
}

TEST(ResultTest, TryGivesTheValueOrReturnsTheError) {
  EXPECT_EQ(*quarter(12), 3);
  EXPECT_EQ(quarter(3).error(), Error(Code::invalid_argument, "3 is odd"));
  EXPECT_EQ(quarter(6).error(), Error(Code::invalid_argument, "the half: 3 is odd"));
}

TEST(ResultTest, VoidResultCarriesAnError) {
  EXPECT_TRUE(require_even(4).has_value());
  EXPECT_EQ(require_even(5).within("counting").error().message(), "counting: 5 is odd");
}

TEST(ResultTest, MovesWhatCannotBeCopied) {
  auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(7); };
  auto use = [&]() -> Result<int> {
    auto pointer = TRY(make());
    return *pointer;
  };
  EXPECT_EQ(*use(), 7);
}

TEST(ResultTest, ValueOrFallsBack) {
  EXPECT_EQ(half(3).value_or(-1), -1);
  EXPECT_EQ(half(8).value_or(-1), 4);
}

TEST(ResultDeathTest, ReadingWhatIsNotThereEndsTheProgramWithTheReason) {
  EXPECT_DEATH(half(3).value(), "3 is odd");
  EXPECT_DEATH((void)half(4).error(), "result.h");
}

TEST(CodeTest, NamesReadBackAndDiffer) {
  for (int i = 0; i <= static_cast<int>(Code::internal); ++i) {
    auto code = static_cast<Code>(i);
    EXPECT_EQ(code_from_name(code_name(code)), code);
  }
  EXPECT_EQ(code_name(Code::deadline_exceeded), "deadline_exceeded");
  EXPECT_EQ(code_from_name("no_such_code"), std::nullopt);
}

TEST(CodeTest, ExitStatusTellsTheKindOfFailure) {
  EXPECT_EQ(exit_status(Code::invalid_argument), 2);
  EXPECT_EQ(exit_status(Code::not_found), 3);
  EXPECT_EQ(exit_status(Code::refused), 4);
  EXPECT_EQ(exit_status(Code::checks_failed), 5);
  EXPECT_EQ(exit_status(Code::cancelled), 130);
  EXPECT_EQ(exit_status(Code::unsupported), 1);
  EXPECT_EQ(exit_status(Code::internal), 1);
}

}  // namespace
}  // namespace shoal
