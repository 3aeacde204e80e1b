// The library's own life: its log, its assertions, and the handles of what it gives out.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

struct llama_model;
struct llama_context;
struct llama_vocab;
struct llama_sampler;
struct ggml_threadpool;

namespace shoal::llama_engine {

using Token = std::int32_t;

// Once for the process, before other threads and anything else of the library. More calls do nothing.
void start_library();

// The first error that the library logged on this thread since forget_library_error(), or `otherwise`. The
// first is the cause; later ones say that something failed.
std::string library_error(std::string otherwise);
void forget_library_error();

// While it lives, a failed assertion of the library on this thread is an exception, and not the end of the
// process: for work of one thread that leaves nothing behind, as a load.
class AssertionsThrow {
 public:
  AssertionsThrow();
  ~AssertionsThrow();
  AssertionsThrow(AssertionsThrow const&) = delete;
  AssertionsThrow& operator=(AssertionsThrow const&) = delete;
};

struct Free {
  void operator()(llama_model* model) const;
  void operator()(llama_context* context) const;
  void operator()(llama_sampler* sampler) const;
  void operator()(ggml_threadpool* pool) const;
};
using ModelHandle = std::unique_ptr<llama_model, Free>;
using ContextHandle = std::unique_ptr<llama_context, Free>;
using SamplerHandle = std::unique_ptr<llama_sampler, Free>;
using PoolHandle = std::unique_ptr<ggml_threadpool, Free>;

}  // namespace shoal::llama_engine
