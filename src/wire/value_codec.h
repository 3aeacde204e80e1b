// Values over a channel: blobs as BUFFER frames, the rest as JSON with {"$buffer": id} in their place.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "value/value.h"
#include "wire/channel.h"
#include "wire/message.h"

namespace shoal::wire {

// The blobs of a call's inputs, as value::blobs_of() gives them on both sides.
using InputBlobs = std::vector<value::BlobPtr>;

enum class Hashes { stated, left_out };

// Queues the blobs of `value` as BUFFER frames of `call`, each once, and returns the JSON that refers to
// them. A blob with an open descriptor is handed over without a copy; one that came with the call's `inputs`
// is only referred to, as {"$input": index}. A host states hashes, which whoever submitted the
// call has computed; what a worker states is not believed.
Result<Json> send_blobs(Channel& channel, std::uint64_t call, value::Value const& value, Hashes hashes,
                        InputBlobs const& inputs = {});

// The BUFFER frames that came and wait for their call. Used by the channel's thread.
class BufferInbox {
 public:
  // A worker believes its host: any regular file, and the hash it states. A host takes sealed memory
  // files only and computes hashes itself.
  enum class Peer { trusted, untrusted };
  explicit BufferInbox(Peer peer) : peer_(peer) {}

  Result<void> add(Received buffer);
  // The value with its blobs; they leave the inbox. `inputs`: what {"$input": index} refers to.
  Result<value::Value> take_value(std::uint64_t call, Json const& json, InputBlobs const& inputs = {});
  void drop(std::uint64_t call);
  // Of what waits.
  std::uint64_t bytes() const { return bytes_; }

 private:
  Result<value::BlobPtr> map(BufferHeader header, os::Descriptor descriptor) const;

  Peer peer_;
  // call → id → blob, or why a trusted peer's cannot be had
  std::map<std::uint64_t, std::map<std::uint64_t, Result<value::BlobPtr>>> blobs_;
  std::uint64_t bytes_ = 0;
};

}  // namespace shoal::wire
