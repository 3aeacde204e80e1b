// What a call of an engine gives by streams while it runs: each item is held against its type and kept for
// the list that the stream is in the end; where nobody in the run reads that list, not in memory but as the
// step cache keeps it. The run's thread only.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "host/host.h"
#include "runtime/step_cache.h"
#include "store/artifacts.h"
#include "value/signature.h"
#include "value/value.h"

namespace shoal::runtime {

// Gives a call its credit back as its items are taken. Any thread; the host outlives it.
class Pace {
 public:
  Pace(host::Host& host, host::JobId job) : host_(host), job_(job) {}
  void give_back_one();

 private:
  host::Host& host_;
  host::JobId job_;
  std::atomic<int> owed_ = 0;
};

class Streams {
 public:
  enum class Lists { in_memory, in_cache };
  // `name`: of what is called. All are the call's and outlive this.
  Streams(std::string const& name, value::Signature const& signature, value::Value const& inputs,
          StepCache& cache, Lists lists);

  // Whether this output is a stream, so that its parts are items.
  bool has(std::string_view port) const;
  // engine_failed: it is no such item.
  Result<void> add(std::string const& port, value::Value const& item);
  // `outputs` with the lists that are in memory.
  value::Value complete(value::Value outputs);
  bool in_cache(std::string_view port) const { return port == kept_port_; }

  // Of the list that is in the cache, once: its call's outputs as they are kept, with those that came with
  // its end. Nothing: there is none, or it could not be written.
  std::optional<StepCache::Encoded> encode(value::Value const& outputs);
  bool has_kept() const { return !kept_port_.empty(); }
  // For the journal.
  Json describe(value::Value const& outputs);

 private:
  Result<void> keep(value::Value const& item);
  Result<void> write(std::string_view json);

  std::string const& name_;
  value::Signature const& signature_;
  value::Value const& inputs_;
  StepCache& cache_;
  std::map<std::string, value::Value::List, std::less<>> lists_;
  std::map<std::string, std::size_t, std::less<>> counts_;
  std::string kept_port_;
  std::string text_;  // of its outputs so far, until there is much
  std::string begins_;
  Sha256Stream items_;
  std::unique_ptr<store::GrowingArtifact> artifact_;
  bool broken_ = false;
  std::size_t bytes_ = 0;
};

}  // namespace shoal::runtime
