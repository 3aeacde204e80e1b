#include "wire/value_codec.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "os/file.h"
#include "os/memory_file.h"
#include "value/json.h"

namespace shoal::wire {
namespace {

// Blobs that one call may leave waiting; more is a peer that means harm.
constexpr std::size_t kMaxBuffersPerCall = 4096;
constexpr std::size_t kMaxCallsWithBuffers = 1024;
constexpr std::uint64_t kMaxBlobBytes = 4ull << 30;  // that a worker may hand to its host

Result<os::Descriptor> descriptor_of(value::Blob const& blob) {
  if (blob.descriptor() < 0) return os::create_sealed_buffer(blob.bytes());
  os::Descriptor borrowed(blob.descriptor());
  auto duplicate = borrowed.duplicate();
  borrowed.release();
  return duplicate;
}

// Sends blobs as they are met, and knows those that need no sending.
class BlobSender {
 public:
  BlobSender(Channel& channel, std::uint64_t call, Hashes hashes, InputBlobs const& inputs)
      : channel_(channel), call_(call), hashes_(hashes), inputs_(inputs) {}

  Json send(value::BlobPtr const& blob) {
    auto const input = std::find(inputs_.begin(), inputs_.end(), blob);
    if (input != inputs_.end()) return Json::object({{"$input", input - inputs_.begin()}});
    auto const [known, added] = sent_.emplace(blob.get(), sent_.size() + 1);
    if (added) {
      if (auto sent = send_frame(*blob, known->second); !sent && !failure_)
        failure_ = std::move(sent).error();
    }
    return Json::object({{"$buffer", known->second}});
  }

  std::optional<Error> const& failure() const { return failure_; }

 private:
  Result<void> send_frame(value::Blob const& blob, std::uint64_t id) {
    BufferHeader header{id, blob.size(), blob.media_type(), blob.name(), std::nullopt};
    if (hashes_ == Hashes::stated) header.hash = blob.hash();
    auto const what = "sending `" + blob.name() + "`";
    auto descriptor = TRY(descriptor_of(blob).within(what));
    return channel_.send(FrameType::buffer, call_, to_json(header).dump(), std::move(descriptor))
        .within(what);
  }

  Channel& channel_;
  std::uint64_t call_;
  Hashes hashes_;
  InputBlobs const& inputs_;
  std::map<value::Blob const*, std::uint64_t> sent_;
  std::optional<Error> failure_;
};

}  // namespace

Result<Json> send_blobs(Channel& channel, std::uint64_t call, value::Value const& value, Hashes hashes,
                        InputBlobs const& inputs) {
  BlobSender sender(channel, call, hashes, inputs);
  auto json = value::to_json(value, [&](value::BlobPtr const& blob) { return sender.send(blob); });
  if (sender.failure()) return *sender.failure();
  return json;
}

Result<void> BufferInbox::add(Received buffer) {
  auto header = TRY(buffer_header_from(TRY(payload_from_worker(buffer.frame))));
  auto const call = buffer.frame.call;
  if (blobs_.size() >= kMaxCallsWithBuffers && !blobs_.contains(call)) {
    return Error(Code::invalid_argument, "wire protocol: buffers for too many calls");
  }
  auto& of_call = blobs_[call];
  if (of_call.size() >= kMaxBuffersPerCall) {
    return Error(Code::invalid_argument, "wire protocol: too many buffers for one call");
  }
  auto const id = header.id;
  auto const size = header.size;
  auto mapped = map(std::move(header), std::move(buffer.descriptor));
  bool const mapped_well = mapped.has_value();
  if (!mapped && peer_ == Peer::untrusted) return std::move(mapped).error();
  if (!of_call.emplace(id, std::move(mapped)).second)
    return Error(Code::invalid_argument, "wire protocol: two buffers with one number");
  if (mapped_well) bytes_ += size;
  return {};
}

Result<value::BlobPtr> BufferInbox::map(BufferHeader header, os::Descriptor descriptor) const {
  value::Blob::Facts facts{std::move(header.media_type), header.name, -1, std::nullopt};
  if (peer_ == Peer::untrusted) {
    if (header.size > kMaxBlobBytes) return Error(Code::invalid_argument, "wire protocol: a blob over 4 GiB");
    auto mapped = std::make_shared<os::MappedBuffer>(TRY(os::MappedBuffer::map(descriptor, header.size)));
    auto const bytes = mapped->bytes();
    return value::Blob::view(bytes, std::move(mapped), std::move(facts));
  }
  auto mapped =
      std::make_shared<os::MappedFile>(TRY(os::MappedFile::map(std::move(descriptor), header.name)));
  auto const bytes = mapped->bytes();
  if (bytes.size() != header.size) {
    return Error(Code::unavailable, header.name + " was changed while it was read: it has " +
                                        std::to_string(bytes.size()) + " bytes and had " +
                                        std::to_string(header.size));
  }
  facts.descriptor = mapped->descriptor().get();
  facts.hash = header.hash;
  return value::Blob::view(bytes, std::move(mapped), std::move(facts));
}

Result<value::Value> BufferInbox::take_value(std::uint64_t call, Json const& json, InputBlobs const& inputs) {
  auto const found = blobs_.find(call);
  auto const read_blob = [&](std::string_view kind, Json const& object) -> Result<value::BlobPtr> {
    auto const number = static_cast<std::uint64_t>(object[kind].as_integer());
    if (kind == "$input" && number < inputs.size()) return inputs[number];
    if (kind == "$buffer" && found != blobs_.end() && found->second.contains(number))
      return found->second.at(number);
    return Error(Code::invalid_argument, "wire protocol: a value refers to a buffer that did not come");
  };
  auto value = value::from_json(json, read_blob);
  drop(call);
  return value;
}

void BufferInbox::drop(std::uint64_t call) {
  auto const found = blobs_.find(call);
  if (found == blobs_.end()) return;
  for (auto const& [id, blob] : found->second) bytes_ -= blob ? (*blob)->size() : 0;
  blobs_.erase(found);
}

}  // namespace shoal::wire
