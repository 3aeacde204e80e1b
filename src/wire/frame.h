// Frames of the wire protocol, version 1, between the host and a worker. A frame is a 16-byte header
//
//   u32 length   of the payload that follows in the stream, at most 16 MiB
//   u16 type     FrameType; unknown ones are ignored
//   u16 flags    FrameFlag bits
//   u64 call     the call, load or model it belongs to, 0: none
//
// in little-endian order, then the payload: JSON in control frames. docs/engines.md describes them all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace shoal::wire {

inline constexpr int kProtocolVersion = 1;
// The exit code of a worker that answered a call which it could not stop, and ended for that: the calls
// beside it are repeated in another worker, and are not to blame.
inline constexpr int kGaveUpExit = 75;
inline constexpr std::size_t kHeaderBytes = 16;
inline constexpr std::uint32_t kMaxPayloadBytes = 16u << 20;
// Of a payload that the host sends in a memory file: a worker believes its host. What a worker sends is
// bounded by kMaxPayloadBytes in a memory file as well, and its JSON by kMaxPayloadValues.
inline constexpr std::uint64_t kMaxHostPayloadBytes = 256u << 20;
inline constexpr std::size_t kMaxPayloadValues = 2'000'000;
// Chunks that a call may send before the host has taken one.
inline constexpr int kInitialCredit = 16;
// More than any call sends: with it the worker waits no more.
inline constexpr int kUnboundedCredit = 1'000'000'000;

enum class FrameType : std::uint16_t {
  hello = 1,
  probe = 2,
  load = 3,
  unload = 4,
  cores = 5,
  call = 6,
  chunk = 7,
  result = 8,
  error = 9,
  cancel = 10,
  credit = 11,
  buffer = 12,
  data = 13,
  stats = 14,
  log = 15,
  ping = 16,
};

enum FrameFlag : std::uint16_t {
  kHasDescriptor = 1,    // one descriptor came with the frame: of the buffer or the model file
  kPayloadInBuffer = 2,  // it is in the sealed memory file that came with the frame; here is its size
};

struct Frame {
  FrameType type{};
  std::uint16_t flags = 0;
  std::uint64_t call = 0;
  std::string payload;
};

// The header and, unless it travels in a buffer, the payload.
std::string encode(Frame const& frame);

// Cuts a byte stream into frames. A stream that broke the protocol stays broken.
class FrameReader {
 public:
  void feed(std::string_view bytes);
  // The next whole frame, nothing when more bytes are needed, invalid_argument for a length over the
  // limit.
  Result<std::optional<Frame>> next();

 private:
  std::string buffer_;
  std::size_t begin_ = 0;
};

}  // namespace shoal::wire
