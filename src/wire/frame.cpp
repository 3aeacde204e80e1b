#include "wire/frame.h"

#include <cstring>

namespace shoal::wire {
namespace {

template <typename Integer> void append_little_endian(std::string& out, Integer value) {
  for (std::size_t byte = 0; byte < sizeof(Integer); ++byte) {
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * byte)));
  }
}

template <typename Integer> Integer read_little_endian(char const* bytes) {
  std::uint64_t value = 0;
  for (std::size_t byte = 0; byte < sizeof(Integer); ++byte) {
    value |= std::uint64_t{static_cast<unsigned char>(bytes[byte])} << (8 * byte);
  }
  return static_cast<Integer>(value);
}

}  // namespace

std::string encode(Frame const& frame) {
  CHECK(frame.payload.size() <= kMaxPayloadBytes);
  std::string out;
  out.reserve(kHeaderBytes + frame.payload.size());
  append_little_endian(out, static_cast<std::uint32_t>(frame.payload.size()));
  append_little_endian(out, static_cast<std::uint16_t>(frame.type));
  append_little_endian(out, frame.flags);
  append_little_endian(out, frame.call);
  out += frame.payload;
  return out;
}

void FrameReader::feed(std::string_view bytes) {
  if (begin_ > 0 && begin_ == buffer_.size()) {
    buffer_.clear();
    begin_ = 0;
  }
  buffer_ += bytes;
}

Result<std::optional<Frame>> FrameReader::next() {
  if (buffer_.size() - begin_ < kHeaderBytes) return std::optional<Frame>();
  char const* header = buffer_.data() + begin_;
  auto const length = read_little_endian<std::uint32_t>(header);
  if (length > kMaxPayloadBytes) {
    return Error(Code::invalid_argument, "a frame announces " + std::to_string(length) +
                                             " bytes of payload, over the limit of " +
                                             std::to_string(kMaxPayloadBytes));
  }
  if (buffer_.size() - begin_ < kHeaderBytes + length) {
    if (begin_ > 0) {
      buffer_.erase(0, begin_);
      begin_ = 0;
    }
    return std::optional<Frame>();
  }
  Frame frame;
  frame.type = static_cast<FrameType>(read_little_endian<std::uint16_t>(header + 4));
  frame.flags = read_little_endian<std::uint16_t>(header + 6);
  frame.call = read_little_endian<std::uint64_t>(header + 8);
  frame.payload.assign(header + kHeaderBytes, length);
  begin_ += kHeaderBytes + length;
  return std::optional<Frame>(std::move(frame));
}

}  // namespace shoal::wire
