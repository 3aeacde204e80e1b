#include "runtime/generations.h"

#include <gtest/gtest.h>

#include "os/file.h"

namespace shoal::runtime {
namespace {

class GenerationsTest : public testing::Test {
 protected:
  std::unique_ptr<Generations::Write> begin() { return generations_.begin_write(folder_.path()).value(); }
  static void end(std::unique_ptr<Generations::Write> write) { write->end(); }
  std::optional<std::string> name() { return generations_.find_or_make(folder_.path()); }

  os::TemporaryFolder folder_ = os::TemporaryFolder::create("shoal-generations").value();
  Generations generations_;
};

TEST_F(GenerationsTest, AStateKeepsItsNameUntilItIsWrittenTo) {
  EXPECT_FALSE(generations_.find(folder_.path()));
  auto const first = name();
  ASSERT_TRUE(first);
  EXPECT_EQ(name(), first);
  EXPECT_EQ(Generations().find(folder_.path()), first);
  end(begin());
  auto const second = generations_.find(folder_.path());
  ASSERT_TRUE(second);
  EXPECT_NE(second, first);
}

TEST_F(GenerationsTest, NobodyKnowsTheStateWhileOneWrites) {
  auto one = begin();
  end(begin());
  EXPECT_FALSE(name()) << "the other one still writes";
  end(std::move(one));
  EXPECT_TRUE(name());
}

TEST_F(GenerationsTest, AKilledWriteLeavesNoNameThatWasGivenBefore) {
  auto const before = name();
  auto const killed = begin();
  Generations next;  // of the process after it
  EXPECT_FALSE(next.find(folder_.path()));
  auto const after = next.find_or_make(folder_.path());
  ASSERT_TRUE(after);
  EXPECT_NE(after, before);
}

TEST_F(GenerationsTest, AWriterThatMayStillWriteLeavesTheStateNameless) {
  begin().reset();
  EXPECT_FALSE(name());
  end(begin());
  EXPECT_TRUE(name());

  auto other = begin();
  begin().reset();
  end(std::move(other));
  EXPECT_FALSE(name()) << "that another one stopped says nothing of it";
}

TEST_F(GenerationsTest, NothingIsWrittenWhereTheStateCannotBeMadeNameless) {
  EXPECT_FALSE(generations_.begin_write(folder_.path() + "/missing"));
}

}  // namespace
}  // namespace shoal::runtime
