// A byte stream between two processes of this machine that carries descriptors too. It has no address.
// Elsewhere: the same calls on macOS; on Windows a named pipe of random name and DuplicateHandle.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "os/descriptor.h"

namespace shoal::os {

// Both ends never block; closing one end, or the death of its last owner, closes the stream.
Result<std::pair<Descriptor, Descriptor>> socket_pair();

struct Transfer {
  enum class State {
    moved,        // `bytes` > 0 were sent or received
    would_block,  // nothing now: poll and try again
    closed,       // the peer is gone; nothing more will come or go
  };
  State state = State::moved;
  std::size_t bytes = 0;
};

// At most this many descriptors travel with one send.
inline constexpr std::size_t kMaxDescriptorsPerSend = 32;

// Sends a first part of `bytes` (not empty). The descriptors go with its first byte: when State::moved comes
// back they are sent, however few bytes went; send the rest without them. The caller keeps its own
// descriptors.
Result<Transfer> send(int socket, std::string_view bytes, std::span<int const> descriptors = {});
// Receives up to buffer.size() (> 0) bytes; descriptors that came with them are appended, in order. Error
// out_of_memory when descriptors were lost because this process has too many open: the stream is then
// unusable.
Result<Transfer> receive(int socket, std::span<char> buffer, std::vector<Descriptor>& descriptors);

}  // namespace shoal::os
