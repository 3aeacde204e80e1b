#include "wire/message.h"

namespace shoal::wire {
namespace {

Json memory_json(MemoryReport const& memory) {
  return Json::object({{"weights", memory.weights},
                       {"cache", memory.cache},
                       {"compute", memory.compute},
                       {"other", memory.other},
                       {"projector", memory.projector},
                       {"prefixes", memory.prefixes}});
}

std::uint64_t bytes_at(Json const& object, std::string_view key) {
  auto const value = object[key].as_integer();
  return value > 0 ? static_cast<std::uint64_t>(value) : 0;
}

MemoryReport memory_from(Json const& json) {
  return {bytes_at(json, "weights"), bytes_at(json, "cache"),    bytes_at(json, "compute"),
          bytes_at(json, "other"),   bytes_at(json, "prefixes"), bytes_at(json, "projector")};
}

Result<std::uint64_t> require_id(Json const& object, std::string_view key) {
  auto const value = TRY(require_integer(object, key));
  if (value < 0) return Error(Code::invalid_argument, "`" + std::string(key) + "` is negative");
  return static_cast<std::uint64_t>(value);
}

// How many values and keys a JSON text may have: each but the first follows one of these.
std::size_t most_values(std::string_view text) {
  std::size_t count = 1;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const letter = text[i];
    if (letter == '"') in_string = !in_string;
    if (in_string && letter == '\\') ++i;
    if (!in_string && (letter == ',' || letter == ':' || letter == '[' || letter == '{')) ++count;
  }
  return count;
}

}  // namespace

Result<std::string> text_for_host(Json const& json) {
  auto text = json.dump();
  if (text.size() <= kMaxPayloadValues || most_values(text) <= kMaxPayloadValues) return text;
  return Error(Code::out_of_memory, "an answer has more than the " + std::to_string(kMaxPayloadValues) +
                                        " values that the host takes; give so many as a file");
}

Result<Json> payload_from_worker(Frame const& frame) {
  if (frame.payload.size() > kMaxPayloadValues && most_values(frame.payload) > kMaxPayloadValues) {
    return Error(Code::invalid_argument, "a payload of more than the " + std::to_string(kMaxPayloadValues) +
                                             " values that are accepted");
  }
  return Json::parse(frame.payload);
}

Json to_json(Hello const& hello) {
  Json json = Json::object({{"protocol", hello.protocol},
                            {"engine", hello.engine},
                            {"version", hello.version},
                            {"descriptors", hello.descriptors}});
  if (hello.unprotected.empty()) return json;
  Json unprotected = Json::array();
  for (auto const& reason : hello.unprotected) unprotected.push(reason);
  return json.set("unprotected", std::move(unprotected));
}

Result<Hello> hello_from(Json const& json) {
  Hello hello;
  hello.protocol = static_cast<int>(TRY(require_integer(json, "protocol")));
  hello.engine = json["engine"].as_string();
  hello.version = json["version"].as_string();
  hello.descriptors = json["descriptors"].as_bool(false);
  for (auto const& reason : json["unprotected"].as_array()) hello.unprotected.push_back(reason.as_string());
  return hello;
}

Json to_json(LoadRequest const& request) {
  Json json =
      Json::object({{"name", request.name}, {"folder", request.folder}, {"options", request.options}});
  if (request.memory) json.set("memory", *request.memory);
  if (request.parts.empty()) return json;
  Json parts = Json::array();
  for (auto const& part : request.parts) parts.push(part);
  return json.set("parts", std::move(parts));
}

Result<LoadRequest> load_request_from(Json const& json) {
  LoadRequest request;
  request.name = TRY(require_string(json, "name"));
  request.folder = json["folder"].as_string();
  request.options = json["options"];
  if (json["memory"].as_integer(-1) >= 0) request.memory = bytes_at(json, "memory");
  for (auto const& part : json["parts"].as_array()) request.parts.emplace_back(part.as_string());
  return request;
}

Json to_json(LoadReply const& reply) {
  return Json::object({{"metadata", reply.metadata}, {"memory", memory_json(reply.memory)}});
}

Result<LoadReply> load_reply_from(Json const& json) {
  LoadReply reply;
  reply.metadata = json["metadata"];
  reply.memory = memory_from(json["memory"]);
  return reply;
}

Json to_json(Stats const& stats) { return Json::object({{"memory", memory_json(stats.memory)}}); }

Result<Stats> stats_from(Json const& json) { return Stats{memory_from(json["memory"])}; }

Json to_json(CoresLease const& lease) { return Json::object({{"cores", lease.cores}}); }

Result<CoresLease> cores_lease_from(Json const& json) {
  auto const cores = TRY(require_integer(json, "cores"));
  if (cores < 0 || cores > 4096)
    return Error(Code::invalid_argument, "a lease of an impossible number of cores");
  return CoresLease{static_cast<int>(cores)};
}

Json to_json(CallRequest const& request) {
  Json json =
      Json::object({{"operation", request.operation}, {"model", request.model}, {"inputs", request.inputs}});
  if (request.time_left) json.set("time_left", seconds(*request.time_left));
  if (request.length > 0) json.set("length", request.length);
  return json;
}

Result<CallRequest> call_request_from(Json const& json) {
  CallRequest request;
  request.operation = TRY(require_string(json, "operation"));
  request.model = TRY(require_id(json, "model"));
  request.inputs = json["inputs"];
  if (json["time_left"].is_number()) request.time_left = from_seconds(json["time_left"].as_number());
  request.length = json["length"].as_integer();
  return request;
}

Json to_json(CallReply const& reply) {
  return Json::object({{"outputs", reply.outputs},
                       {"evidence", reply.evidence},
                       {"cpu_seconds", reply.cpu_seconds},
                       {"peak_bytes", reply.peak_bytes}});
}

Result<CallReply> call_reply_from(Json const& json) {
  if (!json["outputs"].is_object()) return Error(Code::invalid_argument, "a result without `outputs`");
  return CallReply{json["outputs"], json["evidence"], json["cpu_seconds"].as_number(),
                   bytes_at(json, "peak_bytes")};
}

Json to_json(Chunk const& chunk) {
  if (!chunk.port.empty()) return Json::object({{"port", chunk.port}, {"part", chunk.part}});
  return Json::object({{"done", chunk.done}, {"total", chunk.total}, {"what", chunk.what}});
}

Result<Chunk> chunk_from(Json const& json) {
  Chunk chunk;
  chunk.port = json["port"].as_string();
  chunk.part = json["part"];
  chunk.done = json["done"].as_number();
  chunk.total = json["total"].as_number();
  chunk.what = json["what"].as_string();
  return chunk;
}

Json to_json(BufferHeader const& header) {
  Json json = Json::object(
      {{"id", header.id}, {"size", header.size}, {"media_type", header.media_type}, {"name", header.name}});
  if (header.hash) json.set("hash", header.hash->hex());
  return json;
}

Result<BufferHeader> buffer_header_from(Json const& json) {
  BufferHeader header;
  header.id = TRY(require_id(json, "id"));
  header.size = TRY(require_id(json, "size"));
  header.media_type = json["media_type"].as_string();
  header.name = json["name"].as_string();
  if (json["hash"].is_string()) header.hash = TRY(Sha256::from_hex(json["hash"].as_string()));
  return header;
}

Json to_json(Error const& error) {
  return Json::object({{"code", code_name(error.code())}, {"message", error.message()}});
}

Error error_from(Json const& json) {
  auto const code = code_from_name(json["code"].as_string()).value_or(Code::engine_failed);
  auto const& message = json["message"].as_string();
  return Error(code, message.empty() ? "the worker reported an error without words" : message);
}

}  // namespace shoal::wire
