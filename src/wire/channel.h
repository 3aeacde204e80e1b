// A framed connection over a socket that carries descriptors. Owned and used by one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/descriptor.h"
#include "wire/frame.h"

namespace shoal::wire {

// Payloads over this size travel in a sealed memory file: one copy instead of three.
inline constexpr std::size_t kInlinePayloadBytes = 64u << 10;

// Who sits at this end of a channel. A host takes less from a worker than a worker from its host.
enum class End { host, worker };

struct Received {
  Frame frame;
  os::Descriptor descriptor;  // with kHasDescriptor
};

class Channel {
 public:
  // `socket` never blocks.
  Channel(os::Descriptor socket, End end) : socket_(std::move(socket)), end_(end) {}

  int descriptor() const { return socket_.get(); }

  // Queues a frame; flush() sends it. out_of_memory when a large payload finds no room or the peer takes none
  // so large.
  Result<void> send(FrameType type, std::uint64_t call, std::string payload = {},
                    os::Descriptor attached = {});
  // Sends what the socket takes. unavailable when the peer is gone.
  Result<void> flush();
  bool has_unsent() const { return !outgoing_.empty(); }
  std::size_t unsent_bytes() const { return unsent_bytes_; }

  // Takes what has arrived from the socket, or the first part of much. False when the peer is gone and
  // nothing was left to read.
  Result<bool> read();
  // The next whole frame of what was read: one payload at a time is in memory. invalid_argument when the peer
  // broke the protocol.
  Result<std::optional<Received>> next();
  // read() and all of next(), for who believes the peer. unavailable when it is gone.
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

  std::uint64_t largest(End sender) const;

  os::Descriptor socket_;
  End end_;
  std::deque<Outgoing> outgoing_;
  std::size_t unsent_bytes_ = 0;
  std::vector<char> buffer_;  // where bytes arrive
  FrameReader reader_;
  std::deque<os::Descriptor> arrived_;
};

}  // namespace shoal::wire
