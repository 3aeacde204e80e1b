// Speaks the wire protocol without the SDK and breaks its rules: see engine.yaml. Loads nothing where
// ROGUE_MUTE is set.
#include <cstdlib>

#include "engines/echo/forbidden.h"
#include "os/memory_file.h"
#include "os/poller.h"
#include "os/socket.h"
#include "wire/channel.h"
#include "wire/message.h"

using namespace shoal;

namespace {

class Rogue {
 public:
  int run() {
    wire::Hello hello{wire::kProtocolVersion, "rogue", "1", true, {"nothing is in force here"}};
    say(wire::FrameType::hello, 0, wire::to_json(hello));
    os::Poller poller;
    poller.watch(3, os::Interest::read);
    while (poller.wait(std::nullopt)) {
      auto const received = channel_.receive();
      if (!received) return 0;
      for (auto const& [frame, descriptor] : *received) obey(frame);
    }
    return 1;
  }

 private:
  void say(wire::FrameType type, std::uint64_t call, Json const& json) {
    if (channel_.send(type, call, json.dump())) (void)channel_.flush().has_value();
  }

  void answer(std::uint64_t call, Json value = "forged") {
    say(wire::FrameType::result, call,
        wire::to_json(wire::CallReply{Json::object({{"value", std::move(value)}}), {}, 0, 0}));
  }

  void try_what_is_forbidden(std::uint64_t call, std::string const& path) {
    Json allowed = Json::array();
    for (auto const& attempt : echo_engine::try_forbidden(path)) {
      if (attempt.allowed) allowed.push(attempt.name);
    }
    answer(call, allowed);
  }

  void obey(wire::Frame const& frame) {
    if (frame.type == wire::FrameType::load && !std::getenv("ROGUE_MUTE"))
      say(wire::FrameType::result, frame.call, wire::to_json(wire::LoadReply{}));
    if (frame.type == wire::FrameType::cores)
      say(wire::FrameType::cores, 0, wire::to_json(wire::CoresLease{1}));
    if (frame.type != wire::FrameType::call) return;
    auto const request = wire::call_request_from(Json::parse(frame.payload).value()).value();
    auto const number = request.inputs["value"].as_integer();
    if (request.operation == "flood") return flood(frame.call, static_cast<std::size_t>(number));
    if (request.operation == "forbidden")
      return try_what_is_forbidden(frame.call, request.inputs["path"].as_string());
    if (request.operation == "twice") {
      answer(frame.call);
      return answer(frame.call);
    }
    for (std::uint64_t call = 1; call < frame.call; ++call) {
      if (number == 0 || call == static_cast<std::uint64_t>(number)) answer(call);
    }
  }

  // Past what the channel allows.
  void flood(std::uint64_t call, std::size_t bytes) {
    std::string json = "{\"outputs\":{\"value\":[0";
    while (json.size() < bytes) json += ",0";
    json += "]}}";
    auto const buffer = os::create_sealed_buffer(json).value();
    int const descriptor = buffer.get();
    (void)os::send(
        3, wire::encode({wire::FrameType::result, wire::kPayloadInBuffer, call, std::to_string(json.size())}),
        {&descriptor, 1})
        .has_value();
  }

  wire::Channel channel_{os::Descriptor(3), wire::End::worker};
};

}  // namespace

int main() { return Rogue().run(); }
