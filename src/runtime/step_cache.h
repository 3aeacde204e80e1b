// What steps without effects gave before, by the hash of all that could change it. Outputs lie in one SQLite
// table as JSON; what is large lies in the artifact store. A damaged table is made anew. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/guarded.h"
#include "base/json.h"
#include "base/result.h"
#include "base/sha256.h"
#include "base/time.h"
#include "runtime/mending.h"
#include "store/artifacts.h"
#include "value/value.h"

namespace shoal::runtime {

// All that decides what a call of an engine gives.
struct StepKey {
  std::string engine;
  std::string engine_version;   // engine.yaml's
  std::string program_version;  // Shoal's: engines are built with it
  std::string operation;
  std::string model;  // its content hash, and its options
  Sha256 inputs;

  Sha256 hash() const;
};

struct CachedOutputs {
  value::Value outputs;
  Json evidence;
};

class StepCache {
 public:
  static Result<std::unique_ptr<StepCache>> open(std::string const& folder, store::ArtifactStore& artifacts);

  // Nothing when it is not there, or when an artifact of it is gone. `inputs`: those of the call; what of its
  // blobs is in the outputs was not kept again.
  Result<std::optional<CachedOutputs>> find(Sha256 const& key, value::Value const& inputs);
  // Outputs as they are kept: JSON, or where it is much an artifact with it.
  struct Encoded {
    std::string text;
    std::optional<Sha256> artifact;
  };
  // Puts all of `entries` in one transaction.
  struct Entry {
    Sha256 key;
    CachedOutputs value;
    value::Value inputs;
    std::string run = {};                 // that alone may have it, "": any
    std::optional<Encoded> encoded = {};  // value.outputs, where they are that already
  };
  Result<void> put(std::vector<Entry> const& entries, WallTime now);

  // As JSON, whose blobs are in the artifact store from now on, but those of the `inputs`.
  Result<std::string> encode(value::Value const& outputs, value::Value const& inputs);
  store::ArtifactStore& artifacts() { return artifacts_; }

  // Drops what `run` alone may have.
  Result<void> forget(std::string const& run);

  struct Bounds {
    std::uint64_t rows = 1'000'000'000;       // bytes of what lies in the table
    std::uint64_t artifacts = 8'000'000'000;  // bytes in the artifact store
  };
  // Never dropped: what interrupted runs go on with.
  struct Kept {
    std::set<std::string> runs;
    std::set<Sha256> keys, artifacts;
  };
  // Drops what was not used for longest where either has more. No run may be in progress.
  Result<void> prune(Bounds const& bounds, Kept kept, WallTime now);
  // Gives the file system what the table does not need any more. As prune().
  Result<void> shrink();
  struct Contents {
    std::uint64_t rows = 0, bytes = 0;
    std::optional<WallTime> oldest;  // when the one was used that was not used for longest
  };
  Result<Contents> contents();
  struct Check {
    std::uint64_t rows = 0, dropped = 0;
  };
  // Reads every row, and drops those that cannot be read or have an artifact that is gone.
  Result<Check> verify();
  // True where something was put since it was opened or pruned last.
  bool has_grown() const { return has_grown_; }

 private:
  struct Row {
    std::optional<std::string> outputs, artifact;  // one of them
    std::string evidence;
    std::optional<std::string> run;
  };

  struct HashOfKey {
    std::size_t operator()(Sha256 const& key) const;
  };

  struct Tables {
    std::unique_ptr<store::Database> database;
    store::Statement select, insert;
  };

  // Small ones that any run may have, as they were put or found, so that they are not read again. All go when
  // they are too many.
  struct Memory {
    std::unordered_map<Sha256, CachedOutputs, HashOfKey> entries;
    std::size_t bytes = 0;
  };
  void remember(Sha256 const& key, CachedOutputs const& outputs);
  std::optional<CachedOutputs> recall(Sha256 const& key);
  void forget_all();

  StepCache(std::unique_ptr<Mending<Tables>> tables, store::ArtifactStore& artifacts)
      : tables_(std::move(tables)), artifacts_(artifacts) {}
  static Result<Tables> open_tables(std::string const& file);
  static Result<void> keep_keys_of(std::string const& run, Kept& kept, Tables& tables);
  Result<void> keep_artifacts_of(Sha256 const& key, Kept& kept, Tables& tables);
  bool is_whole(Row const& row) const;
  Result<value::Value> decode(Row const& row, value::Value const& inputs);

  std::unique_ptr<Mending<Tables>> tables_;
  store::ArtifactStore& artifacts_;
  Guarded<Memory> memory_;
  Guarded<std::set<Sha256>> hits_;  // whose last use is not in the table yet
  std::atomic<bool> has_grown_ = false;
};

}  // namespace shoal::runtime
