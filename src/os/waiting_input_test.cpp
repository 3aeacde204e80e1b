#include "os/waiting_input.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "os/file.h"

namespace shoal::os {
namespace {

TEST(WaitingInput, ReadsAFileToItsEnd) {
  auto const folder = TemporaryFolder::create("shoal-input").value();
  std::string const text = std::string(200'000, 'a') + "\nlast";
  ASSERT_TRUE(write_file_atomically(folder.path() + "/file", text));
  auto const input = WaitingInput::open(folder.path() + "/file", {}).value();
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(*input), {}), text);
  EXPECT_EQ(WaitingInput::open(folder.path(), {}).error().code(), Code::invalid_argument);
  EXPECT_EQ(WaitingInput::open(folder.path() + "/none", {}).error().code(), Code::not_found);
}

TEST(WaitingInput, AFifoIsReadFromItsFirstWriterToItsLast) {
  auto const folder = TemporaryFolder::create("shoal-input").value();
  auto const path = folder.path() + "/fifo";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  auto const input = WaitingInput::open(path, {}).value();
  std::jthread const writer([&] {
    Descriptor const end(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    ASSERT_EQ(::write(end.get(), "line\nrest", 9), 9);
  });
  std::string line;
  ASSERT_TRUE(std::getline(*input, line));
  EXPECT_EQ(line, "line");
  ASSERT_TRUE(std::getline(*input, line));
  EXPECT_EQ(line, "rest");
  EXPECT_FALSE(std::getline(*input, line));
}

TEST(WaitingInput, WaitingEndsWhenItIsToldTo) {
  auto const folder = TemporaryFolder::create("shoal-input").value();
  auto const path = folder.path() + "/fifo";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  std::stop_source stop;
  auto const input = WaitingInput::open(path, stop.get_token()).value();
  std::jthread const stopper([&] { stop.request_stop(); });
  EXPECT_EQ(input->get(), std::istream::traits_type::eof());
}

}  // namespace
}  // namespace shoal::os
