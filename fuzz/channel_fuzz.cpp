// Any bytes as what a worker sends over its socket, with descriptors that are sealed buffers, plain files or
// none: what the host makes of it is an error or whole frames, and no buffer has another size than was
// announced.
// rooms: wire os
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "os/file.h"
#include "os/memory_file.h"
#include "os/socket.h"
#include "wire/channel.h"
#include "wire/message.h"
#include "wire/value_codec.h"

using namespace shoal;

namespace {

// What the first byte of a part chooses to send with it.
os::Descriptor descriptor_for(std::uint8_t choice, std::string_view bytes) {
  switch (choice % 4) {
    case 0: return std::move(os::create_sealed_buffer(bytes)).value_or(os::Descriptor());
    case 1: return std::move(os::create_sealed_buffer({})).value_or(os::Descriptor());
    case 2: return std::move(os::open_for_reading("/proc/self/status")).value_or(os::Descriptor());
    default: return {};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto sockets = os::socket_pair();
  CHECK(sockets.has_value());
  auto& [ours, theirs] = *sockets;
  wire::Channel channel(std::move(ours), wire::End::host);
  wire::BufferInbox inbox(wire::BufferInbox::Peer::untrusted);
  std::string_view rest(reinterpret_cast<char const*>(data), size);
  while (rest.size() > 1) {
    auto const choice = static_cast<std::uint8_t>(rest[0]);
    auto const part = rest.substr(1, 1 + choice % 200);
    rest.remove_prefix(1 + part.size());
    auto const descriptor = descriptor_for(choice, rest);
    int const handle = descriptor.get();
    auto const sent = handle >= 0 ? os::send(theirs.get(), part, {&handle, 1}) : os::send(theirs.get(), part);
    if (!sent) return 0;
    auto received = channel.receive();
    if (!received) return 0;
    for (auto& frame : *received) {
      auto const call = frame.frame.call;
      if (frame.frame.type == wire::FrameType::buffer) {
        (void)inbox.add(std::move(frame)).has_value();
      } else if (auto const json = wire::payload_from_worker(frame.frame)) {
        (void)inbox.take_value(call, (*json)["outputs"]).has_value();
      }
    }
  }
  return 0;
}
