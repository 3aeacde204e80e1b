// The engine against llama.cpp's own loop, in one process with the same file, threads and prompt:
//
//   engine_llama_bench MODEL.gguf [CORES] [PAIRS] [PROMPT_WORDS] [MAX_TOKENS]
//
// The two run in turn, so that a machine which slows down slows both; the ratios are of medians. With one
// core the processor time is of use even where other programs run. Then: ten passages and a question, scored.
#include <llama.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "base/log.h"
#include "engines/llama/library.h"
#include "engines/llama/llama_engine.h"
#include "engines/llama/testing.h"

namespace shoal::llama_engine {
namespace {

using testing::FakeContext;
using value::Value;

double clock_ms(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct Times {
  double wall = 0, processor = 0;
};

template <typename Work> Times timed(Work&& work) {
  auto const wall = clock_ms(CLOCK_MONOTONIC), processor = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
  work();
  return {clock_ms(CLOCK_MONOTONIC) - wall, clock_ms(CLOCK_PROCESS_CPUTIME_ID) - processor};
}

std::string words(int count, int from) {
  static std::vector<std::string> const kWords = {
      "the", "harbour", "was",  "quiet", "when", "a",       "boat", "came",  "home", "with", "two",  "old",
      "men", "and",     "nets", "of",    "many", "colours", "that", "dried", "on",   "the",  "wall", "until"};
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += kWords[static_cast<std::size_t>(from * 7 + i * (1 + from % 5)) % kWords.size()] + " ";
  }
  return text;
}

// What llama.cpp's examples do: default parameters, a greedy sampler chain.
class Plain {
 public:
  Plain(std::string const& path, int cores) {
    auto model_params = llama_model_default_params();
    model_params.progress_callback = [](float, void*) { return true; };
    model_.reset(llama_model_load_from_file(path.c_str(), model_params));
    auto params = llama_context_default_params();
    params.n_ctx = 4096;
    params.n_threads = params.n_threads_batch = cores;
    params.no_perf = true;
    context_.reset(llama_init_from_model(model_.get(), params));
    auto pool_params = ggml_threadpool_params_default(cores);
    pool_.reset(ggml_threadpool_new(&pool_params));
    llama_attach_threadpool(context_.get(), pool_.get(), pool_.get());
    sampler_.reset(llama_sampler_init_greedy());
  }
  ~Plain() { context_.reset(); }

  // The tokens generated, an end included.
  int run(std::string const& prompt, int max_tokens) {
    auto const* vocabulary = llama_model_get_vocab(model_.get());
    std::vector<Token> tokens(prompt.size() + 8);
    tokens.resize(static_cast<std::size_t>(llama_tokenize(vocabulary, prompt.data(),
                                                          static_cast<int>(prompt.size()), tokens.data(),
                                                          static_cast<int>(tokens.size()), true, false)));
    llama_memory_clear(llama_get_memory(context_.get()), false);
    auto batch = llama_batch_get_one(tokens.data(), static_cast<int>(tokens.size()));
    Token token = 0;
    char piece[256];
    for (int generated = 1;; ++generated) {
      if (llama_decode(context_.get(), batch) != 0) std::abort();
      token = llama_sampler_sample(sampler_.get(), context_.get(), -1);
      if (generated == max_tokens || llama_vocab_is_eog(vocabulary, token)) return generated;
      llama_token_to_piece(vocabulary, token, piece, sizeof piece, 0, false);
      batch = llama_batch_get_one(&token, 1);
    }
  }
  void rest() { ggml_threadpool_pause(pool_.get()); }

 private:
  ModelHandle model_;
  ContextHandle context_;
  PoolHandle pool_;
  SamplerHandle sampler_;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

engine::Reply must(Result<engine::Reply> reply) {
  if (reply) return std::move(*reply);
  std::fprintf(stderr, "%s\n", reply.error().message().c_str());
  std::exit(1);
}

void compare(Plain& plain, engine::Model& ours, int pairs, int prompt_words, int max_tokens) {
  std::vector<double> plain_wall, plain_processor, our_wall, our_processor;
  FakeContext context;
  for (int pair = 0; pair <= pairs; ++pair) {
    auto const prompt = words(prompt_words, pair);
    int plain_tokens = 0;
    auto const theirs = timed([&] { plain_tokens = plain.run(prompt, max_tokens); });
    plain.rest();
    must(ours.call({"score", Value::record({{"prefix", "Nothing"}, {"continuations", Value::list({"."})}})},
                   context));
    engine::Reply reply;
    auto const inputs = Value::record({{"prompt", prompt}, {"raw", true}, {"max_tokens", max_tokens}});
    auto const own = timed([&] { reply = must(ours.call({"generate", inputs}, context)); });
    if (pair == 0) continue;  // warms the caches
    std::printf(
        "pair %d: llama.cpp %.0f ms (%d tokens out), engine %.0f ms (%lld in, %lld out; prefill %.0f, decode "
        "%.0f)\n",
        pair, theirs.wall, plain_tokens, own.wall,
        static_cast<long long>(reply.evidence["tokens_in"].as_integer()),
        static_cast<long long>(reply.evidence["tokens_out"].as_integer()),
        reply.evidence["prefill_ms"].as_number(), reply.evidence["decode_ms"].as_number());
    plain_wall.push_back(theirs.wall);
    plain_processor.push_back(theirs.processor);
    our_wall.push_back(own.wall);
    our_processor.push_back(own.processor);
  }
  std::printf("speed of generate / llama.cpp: %.3f by wall time, %.3f by processor time\n",
              median(plain_wall) / median(our_wall), median(plain_processor) / median(our_processor));
}

void score_passages(engine::Model& ours) {
  Value::List passages;
  for (int i = 0; i < 10; ++i) passages.push_back("Passage: " + words(120, i) + "\nQuestion:");
  FakeContext context;
  auto const inputs = Value::record(
      {{"prefixes", passages}, {"continuation", " Which colours did the nets of the two old men have?"}});
  engine::Reply reply;
  for (int i = 0; i < 3; ++i) {
    auto const times = timed([&] { reply = must(ours.call({"score", inputs}, context)); });
    std::printf("score 10 passages of 120 words: %lld tokens, %.0f ms, %.0f ms of processor time\n",
                static_cast<long long>(reply.evidence["tokens_in"].as_integer()), times.wall,
                times.processor);
  }
}

int run(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s MODEL.gguf [CORES] [PAIRS] [PROMPT_WORDS] [MAX_TOKENS]\n", argv[0]);
    return 2;
  }
  auto const number = [&](int index, int otherwise) {
    return argc > index ? std::atoi(argv[index]) : otherwise;
  };
  auto const cores = number(2, 2);
  LlamaEngine engine;
  if (!engine.start()) return 1;
  testing::OpenFile const file(argv[1]);
  auto loaded = engine.load(file.file(), [](double) { return true; });
  if (!loaded) {
    std::fprintf(stderr, "%s\n", loaded.error().message().c_str());
    return 1;
  }
  (*loaded)->set_cores(cores);
  Plain plain(argv[1], cores);
  compare(plain, **loaded, number(3, 7), number(4, 100), number(5, 64));
  score_passages(**loaded);
  return 0;
}

}  // namespace
}  // namespace shoal::llama_engine

int main(int argc, char** argv) { return shoal::llama_engine::run(argc, argv); }
