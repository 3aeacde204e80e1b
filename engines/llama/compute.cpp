#include "engines/llama/compute.h"

#include <llama.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.h"
#include "engines/llama/weights.h"

namespace shoal::llama_engine {
namespace {

// Of llama_decode().
constexpr int kFull = 1, kAborted = 2;
constexpr int kThrew = -100;  // our own
// An evaluation of so many rows takes long enough that it is begun anew when cores are wanted back.
constexpr int kLongRows = 64;

}  // namespace

int Rows::add(Token token, int position, int sequence, Logits logits) {
  tokens_.push_back(token);
  positions_.push_back(position);
  sequences_.push_back(sequence);
  counts_.push_back(1);
  logits_.push_back(logits == Logits::wanted);
  outputs_ += logits == Logits::wanted ? 1 : 0;
  return size() - 1;
}

void Rows::clear() {
  tokens_.clear();
  positions_.clear();
  sequences_.clear();
  counts_.clear();
  logits_.clear();
  outputs_ = 0;
}

Compute::Compute(ContextHandle context) : context_(std::move(context)) {
  auto const* model = llama_get_model(context_.get());
  vocabulary_ = static_cast<std::size_t>(llama_vocab_n_tokens(llama_model_get_vocab(model)));
  cuts_ = !llama_model_is_recurrent(model) && !llama_model_is_hybrid(model) && llama_model_n_swa(model) == 0;
  resize_pool(wanted_cores_);
  ask_whether_to_stop();
}

// Between the nodes of the graph, on the thread that evaluates.
void Compute::ask_whether_to_stop() {
  llama_set_abort_callback(
      context_.get(), [](void* data) { return static_cast<Compute*>(data)->must_stop(); }, this);
}

void Compute::replace(std::function<ContextHandle()> const& make) {
  std::lock_guard lock(mutex_);
  llama_detach_threadpool(context_.get());
  context_.reset();
  retired_pools_.clear();
  pool_used_ = false;
  context_ = make();
  attach_pool(cores_);
  ask_whether_to_stop();
}

Compute::~Compute() {
  llama_detach_threadpool(context_.get());
  context_.reset();  // before the pools that it computed with
}

bool Compute::must_stop() const {
  return stop_ != nullptr && (lease_shrinks_.load(std::memory_order_relaxed) || (*stop_)());
}

void Compute::set_cores(int cores) {
  std::unique_lock lock(mutex_);
  wanted_cores_ = std::clamp(cores, 1, GGML_MAX_N_THREADS);
  if (!evaluating_) return resize_pool(wanted_cores_);
  lease_shrinks_ = may_begin_anew_ && wanted_cores_ < cores_;
  evaluated_.wait(lock, [this] { return cores_ == wanted_cores_; });
}

// A new pool, not fewer threads of the old one: those left over would still spin.
void Compute::resize_pool(int cores) {
  if (cores == cores_) return;
  llama_detach_threadpool(context_.get());
  // The backend pauses the pool that it computed with last when it is given another, so that one lives on.
  if (pool_used_) retired_pools_.push_back(std::move(pool_));
  pool_used_ = false;
  auto params = ggml_threadpool_params_default(cores);
  params.paused = true;  // until the first evaluation
  pool_.reset(ggml_threadpool_new(&params));
  attach_pool(cores);
  cores_ = cores;
}

void Compute::attach_pool(int cores) {
  llama_attach_threadpool(context_.get(), pool_.get(), pool_.get());
  llama_set_n_threads(context_.get(), cores, cores);
}

int Compute::decode(Rows& rows) {
  rows.sequence_lists_.resize(rows.sequences_.size());
  for (std::size_t i = 0; i < rows.sequences_.size(); ++i) rows.sequence_lists_[i] = &rows.sequences_[i];
  llama_batch const batch{.n_tokens = rows.size(),
                          .token = rows.tokens_.data(),
                          .embd = nullptr,
                          .pos = rows.positions_.data(),
                          .n_seq_id = rows.counts_.data(),
                          .seq_id = rows.sequence_lists_.data(),
                          .logits = rows.logits_.data()};
  try {
    return llama_decode(context_.get(), batch);
  } catch (std::exception const& thrown) {
    log_error(std::string("llama.cpp threw while evaluating: ") + thrown.what());
    return kThrew;
  }
}

// With the cores that are leased now. Once it has begun anew it is not disturbed again, so that it ends.
int Compute::decode_with_leased_cores(Rows& rows) {
  for (bool again = false;; again = true) {
    {
      std::lock_guard lock(mutex_);
      evaluating_ = true;
      may_begin_anew_ = cuts_ && !again && rows.size() >= kLongRows;
    }
    auto const status = decode(rows);
    bool disturbed = false;
    {
      std::lock_guard lock(mutex_);
      evaluating_ = false;
      pool_used_ = true;
      disturbed = lease_shrinks_.exchange(false) && status == kAborted && !(*stop_)();
      if (status == 0 || status == kAborted) retired_pools_.clear();
      resize_pool(wanted_cores_);
    }
    evaluated_.notify_all();
    if (!disturbed) return status;
  }
}

Result<void> Compute::evaluate(Rows& rows, std::function<bool()> const& stop) {
  forget_library_error();
  stop_ = &stop;
  auto const status = decode_with_leased_cores(rows);
  stop_ = nullptr;
  if (status == 0) return {};
  if (status == kAborted) return Error(Code::cancelled, "cancelled while the model computed");
  if (status == kFull) {
    return Error(Code::out_of_memory,
                 "the model's context has no room for " + std::to_string(rows.size()) + " tokens more");
  }
  return Error(Code::engine_failed,
               "llama.cpp cannot evaluate this: " + library_error("status " + std::to_string(status)));
}

std::span<float> Compute::logits(int row) const {
  auto* const logits = llama_get_logits_ith(context_.get(), row);
  CHECK(logits != nullptr);
  return {logits, vocabulary_};
}

void Compute::forget(int sequence, int position) {
  CHECK(cuts_ || position == 0);
  CHECK(llama_memory_seq_rm(llama_get_memory(context_.get()), sequence, position, -1));
}

void Compute::share(int from, int to, int position) {
  llama_memory_seq_cp(llama_get_memory(context_.get()), from, to, 0, position);
}

void Compute::clear() { llama_memory_clear(llama_get_memory(context_.get()), false); }

void Compute::rest() {
  std::lock_guard lock(mutex_);
  ggml_threadpool_pause(pool_.get());
}

std::string Compute::state(int sequence) const {
  std::string bytes(llama_state_seq_get_size(context_.get(), sequence), '\0');
  auto* const data = reinterpret_cast<std::uint8_t*>(bytes.data());
  bytes.resize(llama_state_seq_get_data(context_.get(), data, bytes.size(), sequence));
  return bytes;
}

bool Compute::restore(int sequence, std::string_view state) {
  auto const* data = reinterpret_cast<std::uint8_t const*>(state.data());
  try {
    return llama_state_seq_set_data(context_.get(), data, state.size(), sequence) == state.size();
  } catch (std::exception const& thrown) {
    log_debug(std::string("a saved prefix is not restored: ") + thrown.what());
    return false;
  }
}

int Compute::most_rows() const { return static_cast<int>(llama_n_ubatch(context_.get())); }

int Compute::capacity() const { return static_cast<int>(llama_n_ctx(context_.get())); }

engine::Memory Compute::memory() const { return memory_of(*context_); }

}  // namespace shoal::llama_engine
