// What workers say to the host: each frame is checked against what the worker was asked.
#include <algorithm>
#include <new>

#include "host/host.h"
#include "host/report.h"
#include "value/json.h"
#include "wire/message.h"

namespace shoal::host {
namespace {

// That a worker may leave unread while it sends parts of streams.
constexpr std::size_t kMostUnread = 16 << 20;
static_assert(kPartsAhead == wire::kInitialCredit);

MemoryByDevice memory_of(wire::MemoryReport const& report) {
  return {{report.weights, report.cache, report.compute, report.projector, report.prefixes, report.other}};
}

Error error_of(wire::Frame const& frame) {
  auto const json = wire::payload_from_worker(frame);
  return json ? wire::error_from(*json) : Error(Code::engine_failed, "an error that cannot be read");
}

// The key of the model with this number, which `worker` is loading.
std::optional<std::string> loading_key(WorkerProcess const& worker, std::uint64_t number) {
  for (auto const& [key, heard] : worker.loads) {
    if (worker.models.at(key) == number) return key;
  }
  return std::nullopt;
}

}  // namespace

void Host::receive(WorkerId id) {
  auto& worker = *workers_.at(id);
  auto const arrived = worker.channel().read();
  if (!arrived || !*arrived) {
    // The process ends or has ended: its status says more than the closed socket.
    worker.closed = true;
    poller_.remove(worker.channel().descriptor());
    if (arrived) return worker.process().terminate();
    return kill(worker, "broke the wire protocol (" + arrived.error().message() + ") and was killed");
  }
  if (auto const handled = handle_all(id, worker); !handled)
    kill(worker, "broke the wire protocol (" + handled.error().message() + ") and was killed");
}

Result<void> Host::handle_all(WorkerId id, WorkerProcess& worker) {
  try {
    while (auto received = TRY(worker.channel().next())) TRY(handle(id, worker, std::move(*received)));
    return {};
  } catch (std::bad_alloc const&) {
    return Error(Code::out_of_memory, "an answer that the memory has no room for");
  }
}

Result<void> Host::handle(WorkerId id, WorkerProcess& worker, wire::Received received) {
  using Type = wire::FrameType;
  worker.heartbeat.heard(clock_.now());
  switch (received.frame.type) {
    case Type::hello: return on_hello(id, worker, received.frame);
    case Type::cores: return on_cores(id, worker);
    case Type::unload: return on_unloaded(id, worker, received.frame);
    case Type::result: return on_result(id, worker, received.frame);
    case Type::error: return on_error(id, worker, received.frame);
    case Type::chunk: return on_chunk(id, worker, received.frame);
    case Type::stats: return on_stats(id, worker, received.frame);
    case Type::buffer: TRY(job_of(worker, received.frame)); return worker.buffers().add(std::move(received));
    default: return {};
  }
}

Result<void> Host::on_hello(WorkerId id, WorkerProcess& worker, wire::Frame const& frame) {
  auto const hello = TRY(wire::hello_from(TRY(wire::payload_from_worker(frame))));
  if (hello.protocol != wire::kProtocolVersion) {
    return Error(Code::unsupported, "it speaks version " + std::to_string(hello.protocol) +
                                        ", the host version " + std::to_string(wire::kProtocolVersion));
  }
  if (worker.ready) return Error(Code::invalid_argument, "a second HELLO");
  worker.ready = true;
  worker.heartbeat.said_hello();
  warn_of_missing_protection(hello.unprotected);
  feed(WorkerReady{id});
  return {};
}

Result<void> Host::on_stats(WorkerId id, WorkerProcess& worker, wire::Frame const& frame) {
  auto const stats = TRY(wire::stats_from(TRY(wire::payload_from_worker(frame))));
  for (auto const& [key, number] : worker.models) {
    if (number != frame.call) continue;
    feed(ModelMeasured{id, key, memory_of(stats.memory)});
    break;
  }
  return {};
}

Result<void> Host::on_cores(WorkerId id, WorkerProcess& worker) {
  if (worker.leases == 0) return Error(Code::invalid_argument, "CORES that nobody asked for");
  worker.leases -= 1;
  feed(CoresReturned{id});
  return {};
}

// The job that the worker was sent under the frame's number: none where it ended meanwhile, because it was
// cancelled, and an error where the worker was sent no such call or has answered it.
Result<Host::Job*> Host::job_of(WorkerProcess const& worker, wire::Frame const& frame) {
  if (!worker.calls.contains(frame.call)) {
    return Error(Code::invalid_argument,
                 "a frame for call " + std::to_string(frame.call) + ", which is not its own");
  }
  auto const found = jobs_.find(frame.call);
  return found == jobs_.end() ? nullptr : &found->second;
}

Result<void> Host::on_result(WorkerId id, WorkerProcess& worker, wire::Frame const& frame) {
  if (auto const key = loading_key(worker, frame.call)) {
    auto const reply = TRY(wire::load_reply_from(TRY(wire::payload_from_worker(frame))));
    worker.loads.erase(*key);
    worker.loaded.insert(*key);
    feed(ModelLoaded{id, *key, memory_of(reply.memory)});
    return {};
  }
  if (worker.probes.contains(frame.call)) return on_probed(id, worker, frame), Result<void>();
  auto* const job = TRY(job_of(worker, frame));
  auto const reply = TRY(wire::call_reply_from(TRY(wire::payload_from_worker(frame))));
  JobReport report;
  auto const inputs = job ? value::blobs_of(job->spec.inputs) : wire::InputBlobs();
  report.outputs = worker.buffers().take_value(frame.call, reply.outputs, inputs);
  report.evidence = reply.evidence;
  report.cpu_seconds = std::max(0.0, reply.cpu_seconds - worker.cpu_seconds);
  report.peak_bytes = reply.peak_bytes;
  worker.cpu_seconds = std::max(worker.cpu_seconds, reply.cpu_seconds);
  worker.calls.erase(frame.call);
  feed(JobEnded{frame.call});
  finish(frame.call, std::move(report));
  return {};
}

Result<void> Host::on_error(WorkerId id, WorkerProcess& worker, wire::Frame const& frame) {
  auto error = error_of(frame);
  if (auto const key = loading_key(worker, frame.call)) {
    worker.loads.erase(*key);
    if (worker.loaded.count(*key) == 0) worker.models.erase(*key);
    feed(LoadFailed{id, *key, std::move(error).within("loading " + called(*key, worker))});
    return {};
  }
  if (worker.probes.contains(frame.call)) return on_probed(id, worker, frame), Result<void>();
  auto const* const job = TRY(job_of(worker, frame));
  // The host's own word for it is said where it cancels.
  if (job && error.code() == Code::cancelled) {
    bool const over = job->spec.deadline && *job->spec.deadline <= clock_.now();
    error = over
                ? Error(Code::deadline_exceeded, "the call's deadline is over")
                : Error(Code::engine_failed, worker.manifest().engine +
                                                 " stopped a call that nobody cancelled: " + error.message());
  }
  worker.calls.erase(frame.call);
  worker.buffers().drop(frame.call);
  feed(JobEnded{frame.call});
  finish(frame.call, report_of(std::move(error)));
  return {};
}

Result<void> Host::on_chunk(WorkerId, WorkerProcess& worker, wire::Frame const& frame) {
  auto const chunk = TRY(wire::chunk_from(TRY(wire::payload_from_worker(frame))));
  if (auto const key = loading_key(worker, frame.call)) {  // how far a load is
    worker.loads.at(*key) = clock_.now();
    return {};
  }
  auto* const job = TRY(job_of(worker, frame));
  if (chunk.port.empty()) {
    if (job && job->spec.on_progress) job->spec.on_progress(chunk.done, chunk.total, chunk.what);
    return {};
  }
  if (!job) return void(worker.buffers().drop(frame.call)), Result<void>();
  return take_part(worker, frame.call, *job, chunk);
}

// A job that lost its worker begins anew: the parts that were taken of it already are not taken again.
Result<void> Host::take_part(WorkerProcess& worker, JobId id, Job& job, wire::Chunk const& chunk) {
  auto part = TRY(worker.buffers().take_value(id, chunk.part, value::blobs_of(job.spec.inputs)));
  if (job.credit == 0) return Error(Code::invalid_argument, "more parts of a stream than it had credit for");
  job.credit -= 1;
  bool const is_new = ++job.parts > job.parts_taken;
  if (is_new) {
    job.parts_taken += 1;
    if (job.spec.on_chunk) job.spec.on_chunk(chunk.port, std::move(part));
  }
  // The job may be gone once the scheduler has heard anything.
  if (!job.spec.paced || !is_new) {
    if (worker.channel().unsent_bytes() > kMostUnread)
      return Error(Code::invalid_argument, "parts of a stream from a worker that reads nothing");
    add_credit(id, 1);
  } else if (job.credit == 0) {
    feed(JobStalled{id});
  }
  return {};
}

void Host::give_credit(JobId job, int parts) {
  post([this, job, parts] {
    auto const found = jobs_.find(job);
    if (found != jobs_.end() && found->second.spec.paced) add_credit(job, parts);
  });
}

void Host::add_credit(JobId id, int parts) {
  auto& job = jobs_.at(id);
  auto const worker = workers_.find(job.worker);
  if (worker == workers_.end() || !worker->second->calls.contains(id)) return;
  auto const text = Json::object({{"chunks", parts}}).dump();
  if (!worker->second->channel().send(wire::FrameType::credit, id, text))
    return kill(*worker->second, "could not be given credit");
  bool const stalled = job.credit == 0 && job.spec.paced;
  job.credit += parts;
  if (stalled) feed(JobStalled{id, false});
}

// One whose calls all wait for credit need not use the processor.
bool Host::computes(WorkerProcess const& worker) const {
  return std::any_of(worker.calls.begin(), worker.calls.end(), [&](JobId id) {
    auto const job = jobs_.find(id);
    return job == jobs_.end() || job->second.credit > 0;
  });
}

// Where nobody can say what a model needs, it is what its file has. What is wrong with it, the load will say;
// but one that is loaded is not touched for what cannot be.
void Host::on_probed(WorkerId id, WorkerProcess& worker, wire::Frame const& frame) {
  auto const probing = worker.probes.extract(frame.call).mapped();
  wire::MemoryReport memory;
  if (frame.type == wire::FrameType::result) {
    auto const json = wire::payload_from_worker(frame);
    auto const reply = json ? wire::load_reply_from(*json) : Result<wire::LoadReply>(json.error());
    if (reply) memory = reply->memory;
  }
  if (frame.type == wire::FrameType::error && worker.loaded.count(probing.key) > 0) {
    auto error = error_of(frame);
    return feed(
        LoadFailed{id, probing.key, std::move(error).within("loading " + called(probing.key, worker))});
  }
  if (memory.total() == 0) memory.weights = probing.file_bytes;
  feed(ModelProbed{id, probing.key, memory_of(memory)});
}

Result<void> Host::on_unloaded(WorkerId id, WorkerProcess& worker, wire::Frame const& frame) {
  for (auto const& [key, number] : worker.models) {
    if (number != frame.call) continue;
    auto const gone = key;
    worker.models.erase(gone);
    worker.loaded.erase(gone);
    feed(ModelUnloaded{id, gone});
    return {};
  }
  return Error(Code::invalid_argument, "UNLOAD of a model that it does not have");
}

}  // namespace shoal::host
