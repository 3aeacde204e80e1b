// A framed connection over a socket that carries descriptors. Owned and used by one thread.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/descriptor.h"
#include "wire/frame.h"

namespace shoal::wire {

// Payloads over this size travel in a sealed memory file: one copy instead of three.
inline constexpr std::size_t kInlinePayloadBytes = 64u << 10;

struct Received {
  Frame frame;
  os::Descriptor descriptor;  // with kHasDescriptor
};

class Channel {
 public:
  // `socket` never blocks.
  explicit Channel(os::Descriptor socket) : socket_(std::move(socket)) {}

  int descriptor() const { return socket_.get(); }

  // Queues a frame; flush() sends it. out_of_memory when a large payload finds no room.
  Result<void> send(FrameType type, std::uint64_t call, std::string payload = {},
                    os::Descriptor attached = {});
  // Sends what the socket takes. unavailable when the peer is gone.
  Result<void> flush();
  bool has_unsent() const { return !outgoing_.empty(); }
  std::size_t unsent_bytes() const { return unsent_bytes_; }

  // The whole frames that have arrived, or the first of many. unavailable when the peer is gone and nothing
  // is left to read, invalid_argument when it broke the protocol.
  Result<std::vector<Received>> receive();

 private:
  struct Outgoing {
    std::string bytes;
    os::Descriptor descriptor;  // goes with the first byte
    std::size_t sent = 0;
  };

  void enqueue(Frame const& frame, os::Descriptor descriptor);
  Result<Received> complete(Frame frame);
  Result<os::Descriptor> take_descriptor();

  os::Descriptor socket_;
  std::deque<Outgoing> outgoing_;
  std::size_t unsent_bytes_ = 0;
  FrameReader reader_;
  std::deque<os::Descriptor> arrived_;
};

}  // namespace shoal::wire
