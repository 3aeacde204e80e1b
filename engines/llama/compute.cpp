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

}  // namespace

void Rows::add(Token token, int position, int sequence, Logits logits) {
  tokens_.push_back(token);
  positions_.push_back(position);
  sequences_.push_back(sequence);
  counts_.push_back(1);
  logits_.push_back(logits == Logits::wanted);
}

void Rows::clear() {
  tokens_.clear();
  positions_.clear();
  sequences_.clear();
  counts_.clear();
  logits_.clear();
}

Compute::Compute(ContextHandle context, int vocabulary)
    : context_(std::move(context)), vocabulary_(vocabulary) {
  resize_pool(wanted_cores_);
  // Asked between the nodes of the graph, on the thread that evaluates.
  auto const stop = [](void* data) {
    auto const* call = static_cast<Compute*>(data)->call_;
    return call != nullptr && call->cancelled();
  };
  llama_set_abort_callback(context_.get(), stop, this);
}

Compute::~Compute() {
  llama_detach_threadpool(context_.get());
  context_.reset();  // before the pools that it computed with
}

void Compute::set_cores(int cores) {
  std::unique_lock lock(mutex_);
  wanted_cores_ = std::clamp(cores, 1, GGML_MAX_N_THREADS);
  if (!evaluating_) return resize_pool(wanted_cores_);
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
  llama_attach_threadpool(context_.get(), pool_.get(), pool_.get());
  llama_set_n_threads(context_.get(), cores, cores);
  cores_ = cores;
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

Result<void> Compute::evaluate(Rows& rows, engine::CallContext const& context) {
  forget_library_error();
  call_ = &context;
  {
    std::lock_guard lock(mutex_);
    evaluating_ = true;
  }
  auto const status = decode(rows);
  {
    std::lock_guard lock(mutex_);
    evaluating_ = false;
    pool_used_ = true;
    if (status == 0 || status == kAborted) retired_pools_.clear();
    resize_pool(wanted_cores_);
  }
  evaluated_.notify_all();
  call_ = nullptr;
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
  return {logits, static_cast<std::size_t>(vocabulary_)};
}

bool Compute::forget(int sequence, int position) {
  return llama_memory_seq_rm(llama_get_memory(context_.get()), sequence, position, -1);
}

void Compute::share(int from, int to) {
  llama_memory_seq_cp(llama_get_memory(context_.get()), from, to, -1, -1);
}

void Compute::clear() { llama_memory_clear(llama_get_memory(context_.get()), false); }

void Compute::rest() {
  std::lock_guard lock(mutex_);
  ggml_threadpool_pause(pool_.get());
}

int Compute::capacity() const { return static_cast<int>(llama_n_ctx(context_.get())); }

engine::Memory Compute::memory() const { return memory_of(*context_); }

}  // namespace shoal::llama_engine
