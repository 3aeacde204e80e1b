#include "os/socket.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "os/system_error.h"

namespace shoal::os {
namespace {

// The kernel's own limit (SCM_MAX_FD) is 253: whatever a peer sends fits, so a cut is always our lack of
// numbers.
constexpr std::size_t kMaxReceived = 253;

void attach(msghdr& message, std::span<char> control, std::span<int const> descriptors) {
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
}

void take_descriptors(msghdr& message, std::vector<Descriptor>& out) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    std::size_t const count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int handle = -1;
      std::memcpy(&handle, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      out.emplace_back(handle);
    }
  }
}

}  // namespace

Result<std::pair<Descriptor, Descriptor>> socket_pair() {
  int ends[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    return last_system_error("making a socket pair");
  }
  return std::pair(Descriptor(ends[0]), Descriptor(ends[1]));
}

Result<Transfer> send(int socket, std::string_view bytes, std::span<int const> descriptors) {
  CHECK(!bytes.empty());
  CHECK(descriptors.size() <= kMaxDescriptorsPerSend);
  iovec data = {const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxDescriptorsPerSend * sizeof(int))] = {};
  if (!descriptors.empty()) attach(message, control, descriptors);
  for (;;) {
    ssize_t const sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    if (sent >= 0) return Transfer{Transfer::State::moved, static_cast<std::size_t>(sent)};
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return Transfer{Transfer::State::would_block, 0};
    if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
      return Transfer{Transfer::State::closed, 0};
    return last_system_error("sending to a worker");
  }
}

Result<Transfer> receive(int socket, std::span<char> buffer, std::vector<Descriptor>& descriptors) {
  CHECK(!buffer.empty());
  iovec data = {buffer.data(), buffer.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxReceived * sizeof(int))];
  for (;;) {
    msghdr message = {};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t const got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return Transfer{Transfer::State::would_block, 0};
      if (errno == ECONNRESET || errno == ENOTCONN) return Transfer{Transfer::State::closed, 0};
      return last_system_error("receiving from a worker");
    }
    std::vector<Descriptor> received;
    take_descriptors(message, received);
    if ((message.msg_flags & MSG_CTRUNC) != 0) {
      return Error(Code::out_of_memory,
                   "descriptors that a peer sent were lost: this process has too many open files");
    }
    for (Descriptor& descriptor : received) descriptors.push_back(std::move(descriptor));
    if (got == 0) return Transfer{Transfer::State::closed, 0};
    return Transfer{Transfer::State::moved, static_cast<std::size_t>(got)};
  }
}

}  // namespace shoal::os
