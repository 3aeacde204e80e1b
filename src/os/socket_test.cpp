#include "os/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <string>

namespace shoal::os {
namespace {

using State = Transfer::State;

class SocketTest : public testing::Test {
 protected:
  Transfer receive_into(std::string& text) {
    std::array<char, 4096> buffer;
    Transfer const transfer = receive(theirs_.get(), buffer, received_).value();
    text.append(buffer.data(), transfer.bytes);
    return transfer;
  }

  std::pair<Descriptor, Descriptor> pair_ = socket_pair().value();
  Descriptor& ours_ = pair_.first;
  Descriptor& theirs_ = pair_.second;
  std::vector<Descriptor> received_;
};

TEST_F(SocketTest, BytesArrive) {
  EXPECT_EQ(send(ours_.get(), "hello").value().bytes, 5u);
  std::string text;
  EXPECT_EQ(receive_into(text).state, State::moved);
  EXPECT_EQ(text, "hello");
  EXPECT_EQ(fcntl(ours_.get(), F_GETFD), FD_CLOEXEC);
}

TEST_F(SocketTest, NothingThereIsNotTheEnd) {
  std::string text;
  EXPECT_EQ(receive_into(text).state, State::would_block);
  ours_.close();
  EXPECT_EQ(receive_into(text).state, State::closed);
  EXPECT_EQ(send(theirs_.get(), "x").value().state, State::closed);
}

TEST_F(SocketTest, AFullStreamSaysSoAndGoesOn) {
  std::string const block(65536, 'x');
  std::size_t sent = 0;
  Transfer transfer;
  while ((transfer = send(ours_.get(), block).value()).state == State::moved) sent += transfer.bytes;
  EXPECT_EQ(transfer.state, State::would_block);
  EXPECT_GT(sent, 0u);
  std::string text;
  while (receive_into(text).state == State::moved) {
  }
  EXPECT_EQ(text.size(), sent);
  EXPECT_EQ(send(ours_.get(), "more").value().state, State::moved);
}

TEST_F(SocketTest, DescriptorsArriveInOrderAndClosedOnExec) {
  Pipe pipe = make_pipe().value();
  int const both[] = {pipe.read_end.get(), pipe.write_end.get()};
  ASSERT_EQ(send(ours_.get(), "x", both).value().bytes, 1u);
  pipe.read_end.close();
  pipe.write_end.close();
  std::string text;
  receive_into(text);
  ASSERT_EQ(received_.size(), 2u);
  EXPECT_EQ(fcntl(received_[0].get(), F_GETFD), FD_CLOEXEC);
  ASSERT_EQ(write(received_[1].get(), "through", 7), 7);
  char buffer[8] = {};
  EXPECT_EQ(read(received_[0].get(), buffer, sizeof buffer), 7);
  EXPECT_STREQ(buffer, "through");
}

TEST_F(SocketTest, TheMostThatMayBeSentArrives) {
  std::vector<int> const many(kMaxDescriptorsPerSend, STDIN_FILENO);
  ASSERT_EQ(send(ours_.get(), "x", many).value().bytes, 1u);
  std::string text;
  receive_into(text);
  EXPECT_EQ(received_.size(), kMaxDescriptorsPerSend);
}

TEST_F(SocketTest, LostDescriptorsAreAnError) {
  int const one[] = {STDIN_FILENO, STDIN_FILENO};
  ASSERT_EQ(send(ours_.get(), "x", one).value().bytes, 1u);
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  Descriptor const next = ours_.duplicate().value();
  rlimit const none_left = {static_cast<rlim_t>(next.get()) + 1, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none_left), 0);
  std::array<char, 8> buffer;
  Result<Transfer> const transfer = receive(theirs_.get(), buffer, received_);
  setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_FALSE(transfer);
  EXPECT_EQ(transfer.error().code(), Code::out_of_memory);
  EXPECT_TRUE(received_.empty());
}

}  // namespace
}  // namespace shoal::os
