// A context over a model's weights with the threads that compute it. Used by the call whose turn it is;
// set_cores() may come from any thread at any time.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "engines/llama/library.h"
#include "engines/llama/vocabulary.h"

namespace shoal::llama_engine {

// Tokens to evaluate together, each at its position of a sequence.
class Rows {
 public:
  enum class Logits { none, wanted };

  void add(Token token, int position, int sequence, Logits logits);
  void clear();
  int size() const { return static_cast<int>(tokens_.size()); }

 private:
  friend class Compute;
  std::vector<Token> tokens_;
  std::vector<std::int32_t> positions_, sequences_, counts_;
  std::vector<std::int8_t> logits_;
  std::vector<std::int32_t*> sequence_lists_;
};

class Compute {
 public:
  // Owns the context. With one core until set_cores().
  Compute(ContextHandle context, int vocabulary);
  ~Compute();
  Compute(Compute const&) = delete;
  Compute& operator=(Compute const&) = delete;

  // Returns when no more than `cores` threads compute, which is after the evaluation that runs.
  void set_cores(int cores);

  // Evaluates at most kMostRows rows. After an error or a cancel some of them may be in the cache.
  Result<void> evaluate(Rows& rows, engine::CallContext const& context);
  // Of the row with this index in the last evaluation, which asked for logits. Valid until the next one.
  std::span<float> logits(int row) const;

  // Drops what the sequence holds from `position` on. False where the model's memory cannot: then clear().
  bool forget(int sequence, int position);
  // `to` continues what `from` holds, without a copy.
  void share(int from, int to);
  void clear();

  // Between calls the threads sleep instead of spinning.
  void rest();
  int capacity() const;
  engine::Memory memory() const;

 private:
  int decode(Rows& rows);
  void resize_pool(int cores);

  ContextHandle context_;
  int vocabulary_;
  engine::CallContext const* call_ = nullptr;  // whose evaluation runs

  std::mutex mutex_;  // guards what follows; the condition variable needs it bare
  std::condition_variable evaluated_;
  PoolHandle pool_;
  std::vector<PoolHandle> retired_pools_;
  bool pool_used_ = false;
  int cores_ = 0;
  int wanted_cores_ = 1;
  bool evaluating_ = false;
};

}  // namespace shoal::llama_engine
