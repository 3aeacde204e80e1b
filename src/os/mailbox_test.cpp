#include "os/mailbox.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <future>

#include "os/file.h"

namespace shoal::os {
namespace {

TEST(Mailbox, MessagesArriveWholeAndInOrder) {
  auto const folder = TemporaryFolder::create("shoal-mail").value();
  auto const path = folder.path() + "/box";
  std::string heard;
  std::promise<void> last;
  auto const box = Mailbox::open(path, [&](std::string_view message) {
    heard += std::string(message) + ";";
    if (message == "last") last.set_value();
  });
  ASSERT_TRUE(box) << box.error().message();
  std::string const longest(kMaxMessageBytes, 'x');
  for (auto const& message : {std::string("cancel a"), std::string(), longest, std::string("last")})
    ASSERT_TRUE(leave_message(path, message));
  last.get_future().wait();
  EXPECT_EQ(heard, "cancel a;;" + longest + ";last;");
}

TEST(Mailbox, NobodyListensWhereThereIsNoneOrItsOwnerIsGone) {
  auto const folder = TemporaryFolder::create("shoal-mail").value();
  auto const path = folder.path() + "/box";
  EXPECT_EQ(leave_message(path, "x").error().code(), Code::not_found);
  {
    auto const box = Mailbox::open(path, [](std::string_view) {}).value();
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  // What a killed process leaves: a FIFO without a reader. The next owner takes it over.
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(leave_message(path, "x").error().code(), Code::not_found);
  auto const next = Mailbox::open(path, [](std::string_view) {});
  ASSERT_TRUE(next);
  EXPECT_TRUE(leave_message(path, "x"));
}

TEST(Mailbox, AnOrdinaryFileInItsPlaceIsLeftAlone) {
  auto const folder = TemporaryFolder::create("shoal-mail").value();
  auto const path = folder.path() + "/box";
  ASSERT_TRUE(write_file_atomically(path, "mine"));
  EXPECT_EQ(Mailbox::open(path, [](std::string_view) {}).error().code(), Code::already_exists);
  EXPECT_FALSE(leave_message(path, "x"));
  EXPECT_EQ(read_file(path, 100).value(), "mine");
}

}  // namespace
}  // namespace shoal::os
