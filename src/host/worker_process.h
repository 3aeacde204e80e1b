// A running worker as the host holds it: its process in the launcher's sandbox, its channel, what it wrote to
// standard error. Owned and used by the host's thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "host/heartbeat.h"
#include "host/manifest.h"
#include "os/process.h"
#include "wire/channel.h"
#include "wire/value_codec.h"

namespace shoal::host {

// A model as a worker loads it.
struct ModelSpec {
  std::string name;    // for people
  std::string file;    // a path, opened by the host
  std::string folder;  // or a folder that the worker may write in
  Json options;
  // Of a model in several files: the paths of all, in their order; the worker may open them.
  std::vector<std::string> parts = {};
  // What tells its content from others, where that is known: a hash. Files with the same are one model.
  std::string content = {};

  // Equal keys: the same loaded model serves both, at least once it has grown (see Manifest::length_option).
  std::string key(Manifest const& manifest) const;
  // That it must be loaded with. 0: the engine has no such thing. invalid_argument: the option is no length.
  Result<std::int64_t> length(Manifest const& manifest) const;
};

class WorkerProcess {
 public:
  // The program runs when this returns; its HELLO comes later. `model`: what it will load, or an empty one;
  // it may write in its folder and read its parts. `memory_bytes`: where its allocations begin to fail.
  static Result<std::unique_ptr<WorkerProcess>> start(Manifest const& manifest, ModelSpec const& model,
                                                      std::uint64_t memory_bytes, Heartbeat began);
  WorkerProcess(WorkerProcess const&) = delete;
  WorkerProcess& operator=(WorkerProcess const&) = delete;

  Manifest const& manifest() const { return manifest_; }
  os::Process& process() { return *process_; }
  wire::Channel& channel() { return channel_; }
  wire::BufferInbox& buffers() { return buffers_; }
  int error_output() const { return error_output_.get(); }

  // Takes what the worker wrote to standard error; false when it closed it.
  bool read_error_output();
  // "was killed by signal 6 (Aborted): last line of its standard error"
  std::string describe_end(os::ExitStatus const& status) const;

  // What the launcher's sandbox could not apply, each with the reason.
  std::vector<std::string> const& unprotected() const { return unprotected_; }

  bool ready = false;   // HELLO came
  bool closed = false;  // its end of the channel
  Heartbeat heartbeat;
  std::string killed_because;                   // by us
  double cpu_seconds = 0;                       // reported so far
  std::map<std::string, std::uint64_t> models;  // key → number, of those loaded or loading
  std::set<std::string> loaded;                 // keys of them, also while they grow
  std::map<std::string, MonotonicTime> loads;   // key → when it was heard of last, of those loading
  struct Probing {
    std::string key;
    std::uint64_t file_bytes = 0;
  };
  std::map<std::uint64_t, Probing> probes;  // by number
  std::set<std::uint64_t> calls;            // sent and not answered
  int leases = 0;                           // CORES that it has not answered
  int cores = 0;                            // as it was told last
  std::uint64_t private_bytes = 0;          // as far as it was looked at

 private:
  WorkerProcess(Manifest const& manifest, std::unique_ptr<os::Process> process, wire::Channel channel,
                os::Descriptor error_output, std::vector<std::string> unprotected, Heartbeat began)
      : heartbeat(began),
        manifest_(manifest),
        process_(std::move(process)),
        channel_(std::move(channel)),
        error_output_(std::move(error_output)),
        unprotected_(std::move(unprotected)) {}

  Manifest const& manifest_;
  std::unique_ptr<os::Process> process_;
  wire::Channel channel_;
  wire::BufferInbox buffers_{wire::BufferInbox::Peer::untrusted};
  os::Descriptor error_output_;
  std::vector<std::string> unprotected_;
  std::string error_text_;  // its end
};

}  // namespace shoal::host
