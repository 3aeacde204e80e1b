#include "engines/llama/library.h"

#include <llama.h>

#include <cstdlib>
#include <mutex>
#include <stdexcept>

#include "base/log.h"
#include "base/text.h"

namespace shoal::llama_engine {
namespace {

thread_local std::string first_error;
thread_local int assertions_throw = 0;

void take_message(ggml_log_level level, char const* text, void*) {
  auto const message = trim(text);
  if (message.empty()) return;
  if (level == GGML_LOG_LEVEL_ERROR && first_error.empty()) first_error = message;
  log_debug(message);
}

// "/path/llama-vocab.cpp:2539: GGML_ASSERT(…) failed" without the path of the machine that built it.
std::string without_path(std::string_view message) {
  auto const place = message.substr(0, message.find(": "));
  auto const slash = place.rfind('/');
  return std::string(slash == std::string_view::npos ? message : message.substr(slash + 1));
}

// The library calls abort() next: what it met was a broken file or a bug, and the host restarts the worker.
void tell_before_abort(char const* message) {
  auto const told = "llama.cpp stopped: " + without_path(message);
  if (assertions_throw > 0) {
    if (first_error.empty()) first_error = told;
    throw std::runtime_error(told);
  }
  log_error(told);
}

}  // namespace

void start_library() {
  static std::once_flag started;
  std::call_once(started, [] {
    // Its backtrace reads /proc and starts a debugger, which the sandbox answers with a second crash.
    setenv("GGML_NO_BACKTRACE", "1", 1);
    ggml_set_abort_callback(tell_before_abort);
    llama_log_set(take_message, nullptr);
    llama_backend_init();
  });
}

void forget_library_error() { first_error.clear(); }

std::string library_error(std::string otherwise) {
  auto error = first_error;
  // "gguf_init_from_reader: failed to read …": whoever reads it does not know the function.
  if (auto const colon = error.find(": "); colon != std::string::npos && error.find(' ') > colon) {
    error.erase(0, colon + 2);
  }
  return error.empty() ? std::move(otherwise) : error;
}

AssertionsThrow::AssertionsThrow() { ++assertions_throw; }
AssertionsThrow::~AssertionsThrow() { --assertions_throw; }

void Free::operator()(llama_model* model) const { llama_model_free(model); }
void Free::operator()(llama_context* context) const { llama_free(context); }
void Free::operator()(llama_sampler* sampler) const { llama_sampler_free(sampler); }
void Free::operator()(ggml_threadpool* pool) const { ggml_threadpool_free(pool); }

}  // namespace shoal::llama_engine
