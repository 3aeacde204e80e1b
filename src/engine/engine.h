// The worker SDK: implement Engine and Model, then
//
//   int main() { EchoEngine engine; return shoal::engine::serve(engine); }
//
// serve() speaks the wire protocol on descriptor 3. One thread talks; load() and call() run on compute
// threads, so they may block and compute. What the operations are, their ports and effects stand in
// the engine's engine.yaml; a call arrives with its inputs checked against them, defaults filled in.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "value/value.h"

namespace shoal::engine {

// What a model is made of: a file (opened by the host: the worker may not open paths) or a folder that this
// worker may write in. Both empty: the engine needs no model. Both: a file, and a folder of the model's own
// in the cache, where an engine with `keeps: files` may keep what it can make again.
struct ModelFile {
  std::string name;  // for messages
  int descriptor =
      -1;  // the open file, owned by the caller, valid during the call; read it by pread or fdopen(dup)
  std::string folder;
  Json options;  // of the manifest or the load (context length, …)
  // What the machine can give to it. A model that is known to need more is refused before it is loaded
  // (out_of_memory, with both numbers).
  std::optional<std::uint64_t> memory_bytes;
  // Of a model in several files: the paths of all, in their order, of which the descriptor is the first. The
  // worker may open these.
  std::vector<std::string> parts = {};
};

// Bytes that a model needs, by kind. Before the load an estimate, after it the truth.
struct Memory {
  std::uint64_t weights = 0, cache = 0, compute = 0, other = 0;
  std::uint64_t prefixes = 0;  // kept beginnings of prompts; before the load the most that there may be

  friend bool operator==(Memory const&, Memory const&) = default;
};

struct Probe {
  Json metadata;  // architecture, context length, … as far as the file says
  Memory memory;
};

struct Call {
  std::string operation;
  value::Value inputs;  // a record by port
  // Of the engine's `length:` that the call may use at most; 0: all that the model was loaded with. Its model
  // may have more, as others asked for it.
  std::int64_t length = 0;
};

struct Reply {
  value::Value outputs;  // a record by port
  // What checks and the ledger need: {"tokens_in", "tokens_out", "min_probability", …}.
  Json evidence;
};

// A running call's way out and its reason to stop. Any thread, while the call runs.
class CallContext {
 public:
  virtual ~CallContext() = default;
  // Sends the next item of a stream<T> output, which the reply leaves out then, or a part of a text that will
  // be in the reply. Waits until whoever reads it has room, or until it is cancelled.
  virtual void chunk(std::string_view port, value::Value part) = 0;
  // The same where there is room now; false: there is not, and nothing was sent. Never waits.
  virtual bool try_chunk(std::string_view port, value::Value const& part) {
    (void)port, (void)part;
    return false;
  }
  // `done` of `total`, in units that `what` names ("tokens", "pages").
  virtual void progress(double done, double total, std::string_view what) = 0;
  // True once nobody wants the answer or the deadline is over. Ask often: a call must stop within 50 ms.
  virtual bool cancelled() const = 0;
  // Answers the call with `error` from another thread and ends the process: for a library that does not come
  // back. Calls beside it are repeated in another worker.
  virtual void give_up(Error error) = 0;
};

// A loaded model, or the engine itself where it needs none. Owned by the SDK; ends before its engine.
class Model {
 public:
  virtual ~Model() = default;
  // Runs one operation. As many at once as engine.yaml's `calls:` says, each on its own thread.
  // Return Error{Code::cancelled} when context.cancelled() made it stop.
  virtual Result<Reply> call(Call const& call, CallContext& context) = 0;
  // Cores that the host leases to this worker now; obeyed when it returns. Called before the first call, and
  // beside calls, from any thread, also twice at once.
  virtual void set_cores(int cores) { (void)cores; }
  // With `length:` in engine.yaml: loaded with these options instead, whose length is greater, without
  // reading its weights again. No call runs. An error leaves it as it was.
  virtual Result<void> grow(Json const& options) {
    (void)options;
    return Error(Code::unsupported, "this engine's models do not grow");
  }
  // Now. Asked after each call, from any thread.
  virtual Memory memory() const { return {}; }
};

class Engine {
 public:
  virtual ~Engine() = default;
  // Called once before anything else, in the launcher's sandbox but before the worker locks itself
  // down further (no new files, no exec): open libraries and data files here.
  virtual Result<void> start() { return {}; }
  // Metadata and memory by kind, without reading the weights.
  virtual Result<Probe> probe(ModelFile const& file) {
    (void)file;
    return Probe{};
  }
  // `progress` takes 0 … 1 and returns false when the load should stop.
  virtual Result<std::unique_ptr<Model>> load(ModelFile const& file,
                                              std::function<bool(double)> const& progress) = 0;
};

// Serves until the host closes the socket. The exit status for main. After start() the worker can open no
// path but the model's folder and the folders that engine.yaml lists under `sandbox: read`.
int serve(Engine& engine);

}  // namespace shoal::engine
