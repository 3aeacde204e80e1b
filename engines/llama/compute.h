// A context over a model's weights with the threads that compute it. Used by the thread of the batch;
// set_cores() may come from any thread at any time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
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

  // The row's index.
  int add(Token token, int position, int sequence, Logits logits);
  void clear();
  int size() const { return static_cast<int>(tokens_.size()); }
  // Rows that want logits.
  int outputs() const { return outputs_; }

 private:
  friend class Compute;
  std::vector<Token> tokens_;
  std::vector<std::int32_t> positions_, sequences_, counts_;
  std::vector<std::int8_t> logits_;
  std::vector<std::int32_t*> sequence_lists_;
  int outputs_ = 0;
};

class Compute {
 public:
  // Owns the context. With one core until set_cores().
  explicit Compute(ContextHandle context);
  ~Compute();
  Compute(Compute const&) = delete;
  Compute& operator=(Compute const&) = delete;

  // Returns when no more than `cores` threads compute. A long evaluation begins anew for that.
  void set_cores(int cores);

  // Rows of one evaluation at most: kMostRows, or what a small context has.
  int most_rows() const;
  // Evaluates at most most_rows() rows. Stops between the nodes of the graph once `stop` says so: cancelled.
  // After an error none of the rows is in the cache.
  Result<void> evaluate(Rows& rows, std::function<bool()> const& stop);
  // Of the row with this index in the last evaluation, which asked for logits. Valid until the next one.
  std::span<float> logits(int row) const;

  // Whether sequences can be cut. Recurrent and sliding-window memories cannot: what they evaluated stays.
  bool cuts() const { return cuts_; }
  // Drops what the sequence holds from `position` on, which is 0 where it does not cut.
  void forget(int sequence, int position);
  // `to`, which is empty, continues what `from` holds up to `position`, without a copy.
  void share(int from, int to, int position);
  void clear();
  // What the sequence holds, as bytes that restore() takes again in a context of the same model.
  std::string state(int sequence) const;
  bool restore(int sequence, std::string_view state);

  // The context that `make` gives when the old one is gone. Nothing is evaluated meanwhile.
  void replace(std::function<ContextHandle()> const& make);

  // Between calls the threads sleep instead of spinning.
  void rest();
  int capacity() const;
  engine::Memory memory() const;

 private:
  bool must_stop() const;
  int decode(Rows& rows);
  int decode_with_leased_cores(Rows& rows);
  void resize_pool(int cores);
  void attach_pool(int cores);
  void ask_whether_to_stop();

  ContextHandle context_;
  std::size_t vocabulary_;
  bool cuts_;
  std::function<bool()> const* stop_ = nullptr;  // of the evaluation that runs
  std::atomic<bool> lease_shrinks_ = false;      // and the evaluation may be begun anew for it

  std::mutex mutex_;  // guards what follows; the condition variable needs it bare
  std::condition_variable evaluated_;
  PoolHandle pool_;
  std::vector<PoolHandle> retired_pools_;
  bool pool_used_ = false;
  int cores_ = 0;
  int wanted_cores_ = 1;
  bool evaluating_ = false;
  bool may_begin_anew_ = false;  // what evaluates now
};

}  // namespace shoal::llama_engine
