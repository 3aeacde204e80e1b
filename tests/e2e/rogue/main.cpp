// Speaks the wire protocol without the SDK, and answers every call that there may be; no load where
// ROGUE_MUTE is set.
#include <cstdlib>

#include "os/poller.h"
#include "wire/channel.h"
#include "wire/message.h"

using namespace shoal;

int main() {
  wire::Channel channel{os::Descriptor(3)};
  auto const say = [&](wire::FrameType type, std::uint64_t call, Json const& json) {
    if (channel.send(type, call, json.dump())) (void)channel.flush().has_value();
  };
  say(wire::FrameType::hello, 0, wire::to_json(wire::Hello{wire::kProtocolVersion, "rogue", "1", true}));
  os::Poller poller;
  poller.watch(3, os::Interest::read);
  while (poller.wait(std::nullopt)) {
    auto const received = channel.receive();
    if (!received) return 0;
    for (auto const& [frame, descriptor] : *received) {
      if (frame.type == wire::FrameType::load && !std::getenv("ROGUE_MUTE"))
        say(wire::FrameType::result, frame.call, wire::to_json(wire::LoadReply{}));
      if (frame.type == wire::FrameType::cores)
        say(wire::FrameType::cores, 0, wire::to_json(wire::CoresLease{1}));
      if (frame.type != wire::FrameType::call) continue;
      auto const forged = wire::to_json(wire::CallReply{Json::object({{"value", "forged"}}), {}, 0, 0});
      for (std::uint64_t call = 1; call < frame.call; ++call) say(wire::FrameType::result, call, forged);
    }
  }
}
