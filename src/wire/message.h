// The payloads of control frames as structs. Unknown members are ignored, so that either side may be
// newer; a missing or mistyped required one is invalid_argument.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/sha256.h"
#include "base/time.h"
#include "wire/frame.h"

namespace shoal::wire {

// HELLO, from both sides at the start.
struct Hello {
  int protocol = 0;
  std::string engine;                         // name, as in engine.yaml
  std::string version;                        // of the program or engine
  bool descriptors = true;                    // can receive descriptors; without it bytes come as DATA frames
  std::vector<std::string> unprotected = {};  // of a worker: what its sandbox lacks, each with the reason
};

// Bytes by kind, see engine::Memory.
struct MemoryReport {
  std::uint64_t weights = 0, cache = 0, compute = 0, other = 0, prefixes = 0, projector = 0;
  std::uint64_t total() const { return weights + cache + compute + other + prefixes + projector; }
};

// PROBE and LOAD; frame.call is the number that the model has from now on.
struct LoadRequest {
  std::string name;
  std::string folder;  // of a folder model; a file comes as descriptor
  Json options;
  std::optional<std::uint64_t> memory;  // bytes that the machine can give to it
  std::vector<std::string> parts = {};  // paths of all files, where the model has several
};

// Answer to PROBE and LOAD, as RESULT.
struct LoadReply {
  Json metadata;
  MemoryReport memory;
};

// STATS, from the worker, when what a model takes has changed; frame.call is the model's number.
struct Stats {
  MemoryReport memory;
};

// CORES: how many the worker may use from now on. The worker answers with the same frame.
struct CoresLease {
  int cores = 1;
};

// CALL.
struct CallRequest {
  std::string operation;
  std::uint64_t model = 0;                 // the number of its LOAD; 0: the engine needs none
  Json inputs;                             // with {"$buffer": id} for blobs
  std::optional<Duration> time_left = {};  // until its deadline, when the frame was made
  std::int64_t length = 0;                 // of the model that it may have at most; 0: all that the model has
};

// RESULT of a call.
struct CallReply {
  Json outputs;  // with {"$buffer": id} for blobs
  Json evidence;
  double cpu_seconds = 0;        // of the worker since it started; the host takes differences
  std::uint64_t peak_bytes = 0;  // resident, of the worker since it started
};

// CHUNK: part of a stream, or progress.
struct Chunk {
  std::string port;  // "": progress
  Json part;
  double done = 0, total = 0;
  std::string what;
};

// BUFFER: announces the bytes that come with the frame's descriptor.
struct BufferHeader {
  std::uint64_t id = 0;
  std::uint64_t size = 0;
  std::string media_type;
  std::string name;
  std::optional<Sha256> hash;  // only the host may state it
};

// What a worker sends: `json` as text, or out_of_memory where the host would not take it.
Result<std::string> text_for_host(Json const& json);
// The payload of a frame from a worker, within the host's limits.
Result<Json> payload_from_worker(Frame const& frame);

Json to_json(Hello const&);
Json to_json(LoadRequest const&);
Json to_json(LoadReply const&);
Json to_json(Stats const&);
Json to_json(CoresLease const&);
Json to_json(CallRequest const&);
Json to_json(CallReply const&);
Json to_json(Chunk const&);
Json to_json(BufferHeader const&);
Json to_json(Error const&);

Result<Hello> hello_from(Json const&);
Result<LoadRequest> load_request_from(Json const&);
Result<LoadReply> load_reply_from(Json const&);
Result<Stats> stats_from(Json const&);
Result<CoresLease> cores_lease_from(Json const&);
Result<CallRequest> call_request_from(Json const&);
Result<CallReply> call_reply_from(Json const&);
Result<Chunk> chunk_from(Json const&);
Result<BufferHeader> buffer_header_from(Json const&);
// What an ERROR frame says. A code nobody knows becomes engine_failed.
Error error_from(Json const&);

}  // namespace shoal::wire
