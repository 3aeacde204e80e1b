// What the scheduler is told, and what it answers. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/result.h"
#include "host/job.h"

namespace shoal::host {

struct JobArrived {
  JobRequest request;
};
struct JobCancelled {
  JobId job;
};  // by its owner, who hears of it at once
struct JobEnded {
  JobId job;
};  // its worker gave a result or an error
// It has no credit left and waits for who reads its stream, or it has some again.
struct JobStalled {
  JobId job;
  bool stalled = true;
};
struct WorkerReady {
  WorkerId worker;
};
struct WorkerDied {
  WorkerId worker;
  std::string reason;
  bool gave_up = false;  // for a job that it answered before: those beside it are not to blame
};
struct ModelProbed {
  WorkerId worker;
  std::string model;
  MemoryByDevice memory;  // before the load; empty: nobody knows
};
struct ModelLoaded {
  WorkerId worker;
  std::string model;
  MemoryByDevice memory = {};  // as the worker has it; empty: it does not say
};
// What a loaded model takes has changed.
struct ModelMeasured {
  WorkerId worker;
  std::string model;
  MemoryByDevice memory;
};
// Of a model that was to grow: it is as it was.
struct LoadFailed {
  WorkerId worker;
  std::string model;
  Error error;
};
struct ModelUnloaded {
  WorkerId worker;
  std::string model;
};
struct CoresReturned {
  WorkerId worker;
};  // it obeyed one SetCores
// What the kernel counts of a worker that no file backs.
struct MemoryReported {
  WorkerId worker;
  std::uint64_t private_bytes;
};
// What the machine can give, besides what workers have; `stalled`: the share of time in which somebody waited
// for memory.
struct PressureReported {
  std::uint64_t available_bytes;
  double stalled = 0;
};
struct PinChanged {
  std::string model;
  bool pinned;
};
// Give back what holds this model, as soon as nobody uses it.
struct UnloadRequested {
  std::string model;
};
struct Tick {};
using Event = std::variant<JobArrived, JobCancelled, JobEnded, JobStalled, WorkerReady, WorkerDied,
                           ModelProbed, ModelLoaded, ModelMeasured, LoadFailed, ModelUnloaded, CoresReturned,
                           MemoryReported, PressureReported, PinChanged, UnloadRequested, Tick>;

// Actions, to be carried out in order.
struct StartWorker {
  WorkerId worker;
  std::string engine;
  std::string model;
};
struct ProbeModel {
  WorkerId worker;
  std::string model;
  std::int64_t length = 0;
};  // ModelProbed follows, or LoadFailed
struct LoadModel {
  WorkerId worker;
  std::string model;
  std::int64_t length = 0;  // where the worker has the model already: to grow to
};                          // ModelLoaded or LoadFailed follows
struct UnloadModel {
  WorkerId worker;
  std::string model;
};  // ModelUnloaded follows
struct SetCores {
  WorkerId worker;
  int cores;
};  // answer with CoresReturned when it is obeyed
struct SendJob {
  JobId job;
  WorkerId worker;
  Waits waits = {};
};
struct CancelJob {
  JobId job;
  WorkerId worker;
};
// Somebody waits for what it holds: it gets all the credit that it can use, so that it comes to its end.
struct ReleaseJob {
  JobId job;
};
struct StopWorker {
  WorkerId worker;
  std::string reason;
};  // kill; WorkerDied follows
struct FailJob {
  JobId job;
  Error error;
  std::optional<Duration> retry_after = {};  // with `busy`: when there may be room
};
using Action = std::variant<StartWorker, ProbeModel, LoadModel, UnloadModel, SetCores, SendJob, CancelJob,
                            ReleaseJob, StopWorker, FailJob>;

}  // namespace shoal::host
