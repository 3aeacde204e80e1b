// Any bytes as a stream of frames, cut anywhere: what is read is what was written, messages never crash.
// rooms: wire
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/frame.h"
#include "wire/message.h"
#include "wire/value_codec.h"

using namespace shoal;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const bytes(reinterpret_cast<char const*>(data), size);
  wire::FrameReader reader;
  auto const cut = size == 0 ? 0 : data[0] % size;
  for (auto const part : {bytes.substr(0, cut), bytes.substr(cut)}) {
    reader.feed(part);
    while (true) {
      auto const frame = reader.next();
      if (!frame || !*frame) break;
      auto const json = Json::parse((*frame)->payload);
      if (!json) continue;
      (void)wire::hello_from(*json).has_value();
      (void)wire::load_request_from(*json).has_value();
      (void)wire::load_reply_from(*json).has_value();
      (void)wire::cores_lease_from(*json).has_value();
      (void)wire::call_request_from(*json).has_value();
      (void)wire::chunk_from(*json).has_value();
      (void)wire::buffer_header_from(*json).has_value();
      (void)wire::error_from(*json).message();
      if (auto const reply = wire::call_reply_from(*json)) {
        wire::BufferInbox inbox(wire::BufferInbox::Peer::untrusted);
        (void)inbox.take_value((*frame)->call, reply->outputs).has_value();
      }
    }
  }
  return 0;
}
