#include "wire/value_codec.h"

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

Result<os::Descriptor> descriptor_of(value::Blob const& blob) {
  if (blob.descriptor() < 0) return os::create_sealed_buffer(blob.bytes());
  os::Descriptor borrowed(blob.descriptor());
  auto duplicate = borrowed.duplicate();
  borrowed.release();
  return duplicate;
}

}  // namespace

Result<Json> send_blobs(Channel& channel, std::uint64_t call, value::Value const& value, bool state_hashes) {
  std::uint64_t next_id = 1;
  std::optional<Error> failure;
  auto const send_blob = [&](value::BlobPtr const& blob) -> Json {
    BufferHeader header{next_id++, blob->size(), blob->media_type(), blob->name(), std::nullopt};
    if (state_hashes) header.hash = blob->hash();
    auto descriptor = descriptor_of(*blob);
    auto sent = descriptor
                    ? channel.send(FrameType::buffer, call, to_json(header).dump(), std::move(*descriptor))
                    : Result<void>(std::move(descriptor).error());
    if (!sent && !failure)
      failure = std::move(sent).error().within("sending `" + blob->name() + "` to a worker");
    return Json::object({{"$buffer", header.id}});
  };
  auto json = value::to_json(value, send_blob);
  if (failure) return std::move(*failure);
  return json;
}

Result<void> BufferInbox::add(Received buffer) {
  auto header = TRY(buffer_header_from(TRY(Json::parse(buffer.frame.payload))));
  auto const call = buffer.frame.call;
  if (blobs_.size() >= kMaxCallsWithBuffers && !blobs_.contains(call)) {
    return Error(Code::invalid_argument, "wire protocol: buffers for too many calls");
  }
  auto& of_call = blobs_[call];
  if (of_call.size() >= kMaxBuffersPerCall) {
    return Error(Code::invalid_argument, "wire protocol: too many buffers for one call");
  }
  auto const id = header.id;
  of_call[id] = TRY(map(std::move(header), std::move(buffer.descriptor)));
  return {};
}

Result<value::BlobPtr> BufferInbox::map(BufferHeader header, os::Descriptor descriptor) const {
  value::Blob::Facts facts{std::move(header.media_type), header.name, -1, std::nullopt};
  if (peer_ == Peer::untrusted) {
    auto mapped = std::make_shared<os::MappedBuffer>(TRY(os::MappedBuffer::map(descriptor, header.size)));
    auto const bytes = mapped->bytes();
    return value::Blob::view(bytes, std::move(mapped), std::move(facts));
  }
  auto mapped =
      std::make_shared<os::MappedFile>(TRY(os::MappedFile::map(std::move(descriptor), header.name)));
  auto const bytes = mapped->bytes();
  facts.descriptor = mapped->descriptor().get();
  facts.hash = header.hash;
  return value::Blob::view(bytes, std::move(mapped), std::move(facts));
}

Result<value::Value> BufferInbox::take_value(std::uint64_t call, Json const& json) {
  auto const found = blobs_.find(call);
  auto const read_blob = [&](std::string_view kind, Json const& object) -> Result<value::BlobPtr> {
    auto const id = static_cast<std::uint64_t>(object["$buffer"].as_integer());
    if (kind != "$buffer" || found == blobs_.end() || !found->second.contains(id)) {
      return Error(Code::invalid_argument, "wire protocol: a value refers to a buffer that did not come");
    }
    return found->second.at(id);
  };
  auto value = value::from_json(json, read_blob);
  if (found != blobs_.end()) blobs_.erase(found);
  return value;
}

void BufferInbox::drop(std::uint64_t call) { blobs_.erase(call); }

}  // namespace shoal::wire
