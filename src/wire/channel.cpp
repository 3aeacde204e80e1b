#include "wire/channel.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "os/memory_file.h"
#include "os/socket.h"

namespace shoal::wire {
namespace {

// Descriptors that arrived ahead of their frames; more is a peer that means harm.
constexpr std::size_t kMaxWaitingDescriptors = 64;
// Frames without descriptors are sent together up to this size.
constexpr std::size_t kJoinedBytes = 256u << 10;
constexpr std::size_t kReceiveBytes = 256u << 10;
// A peer that sends without end keeps nobody waiting.
constexpr int kReadsAtOnce = 16;

Error protocol_error(std::string what) {
  return Error(Code::invalid_argument, "wire protocol: " + std::move(what));
}

}  // namespace

Result<void> Channel::send(FrameType type, std::uint64_t call, std::string payload, os::Descriptor attached) {
  auto const limit = attached ? std::uint64_t{kMaxPayloadBytes} : largest(end_);
  if (payload.size() > limit) {
    return Error(Code::out_of_memory, "a message of " + human_bytes(payload.size()) +
                                          " is over the limit of " + human_bytes(limit) +
                                          "; large values travel as files");
  }
  Frame frame{type, 0, call, std::move(payload)};
  if (attached) {
    frame.flags = kHasDescriptor;
  } else if (frame.payload.size() > kInlinePayloadBytes) {
    attached = TRY(os::create_sealed_buffer(frame.payload).within("sending a large message"));
    frame.flags = kPayloadInBuffer;
    frame.payload = std::to_string(frame.payload.size());
  }
  enqueue(frame, std::move(attached));
  return {};
}

void Channel::enqueue(Frame const& frame, os::Descriptor descriptor) {
  auto bytes = encode(frame);
  unsent_bytes_ += bytes.size();
  bool const joins = !descriptor && !outgoing_.empty() && outgoing_.back().bytes.size() < kJoinedBytes;
  if (joins) {
    outgoing_.back().bytes += bytes;
  } else {
    outgoing_.push_back({std::move(bytes), std::move(descriptor), 0});
  }
}

Result<void> Channel::flush() {
  while (!outgoing_.empty()) {
    auto& next = outgoing_.front();
    auto const rest = std::string_view(next.bytes).substr(next.sent);
    int const handle = next.descriptor.get();
    auto const moved =
        TRY(handle >= 0 ? os::send(socket_.get(), rest, {&handle, 1}) : os::send(socket_.get(), rest));
    if (moved.state == os::Transfer::State::would_block) return {};
    if (moved.state == os::Transfer::State::closed)
      return Error(Code::unavailable, "the connection is closed");
    next.descriptor.close();
    next.sent += moved.bytes;
    unsent_bytes_ -= moved.bytes;
    if (next.sent == next.bytes.size()) outgoing_.pop_front();
  }
  return {};
}

std::uint64_t Channel::largest(End sender) const {
  return sender == End::host ? kMaxHostPayloadBytes : kMaxPayloadBytes;
}

Result<bool> Channel::read() {
  buffer_.resize(kReceiveBytes);  // once: to fill so much anew takes longer than to receive a small frame
  for (int reads = 0; reads < kReadsAtOnce; ++reads) {
    std::vector<os::Descriptor> descriptors;
    auto const moved = TRY(os::receive(socket_.get(), buffer_, descriptors));
    std::move(descriptors.begin(), descriptors.end(), std::back_inserter(arrived_));
    if (arrived_.size() > kMaxWaitingDescriptors)
      return protocol_error("too many descriptors without their frames");
    if (moved.state == os::Transfer::State::would_block) return true;
    if (moved.state == os::Transfer::State::closed) return reads > 0;
    reader_.feed({buffer_.data(), moved.bytes});
    if (moved.bytes < buffer_.size()) break;
  }
  return true;
}

Result<std::optional<Received>> Channel::next() {
  auto frame = TRY(reader_.next());
  if (!frame) return std::optional<Received>();
  return std::optional(TRY(complete(std::move(*frame))));
}

Result<std::vector<Received>> Channel::receive() {
  if (!TRY(read())) return Error(Code::unavailable, "the connection is closed");
  std::vector<Received> received;
  while (auto frame = TRY(next())) received.push_back(std::move(*frame));
  return received;
}

Result<Received> Channel::complete(Frame frame) {
  if (frame.flags & kHasDescriptor) {
    auto descriptor = TRY(take_descriptor());
    return Received{std::move(frame), std::move(descriptor)};
  }
  if (frame.flags & kPayloadInBuffer) {
    std::uint64_t size = 0;
    auto const& digits = frame.payload;
    auto const parsed = std::from_chars(digits.data(), digits.data() + digits.size(), size);
    if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) {
      return protocol_error("a payload in a buffer without its size");
    }
    if (size > largest(end_ == End::host ? End::worker : End::host))
      return protocol_error("a payload of " + human_bytes(size));
    auto const descriptor = TRY(take_descriptor());
    auto const mapped = TRY(os::MappedBuffer::map(descriptor, size).within("a payload in a buffer"));
    frame.payload = std::string(mapped.bytes());
    frame.flags = 0;
  }
  return Received{std::move(frame), {}};
}

Result<os::Descriptor> Channel::take_descriptor() {
  if (arrived_.empty()) return protocol_error("a frame announces a descriptor that did not come");
  auto descriptor = std::move(arrived_.front());
  arrived_.pop_front();
  return descriptor;
}

}  // namespace shoal::wire
