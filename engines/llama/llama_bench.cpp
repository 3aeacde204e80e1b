// The engine in this process, with a real model:
//
//   engine_llama_bench MODEL.gguf pairs [CORES] [PAIRS] [PROMPT_WORDS] [MAX_TOKENS]   against llama.cpp's own
//   loop engine_llama_bench MODEL.gguf parallel [CORES] [CALLS]      calls at once against one after the
//   other engine_llama_bench MODEL.gguf cancel [CORES] [TIMES]        in the middle of reading 3,000 tokens
//   engine_llama_bench MODEL.gguf restart [CORES] [TIMES]       a task's prompt of 800 tokens, the model
//   loaded anew engine_llama_bench MODEL.gguf copy TEXTS.jsonl FIELD [CORES] [COUNT]   guesses against none,
//   on corrections engine_llama_bench MODEL.gguf score [CORES]                 ten passages and a question
//
// What is compared runs in turn, so that a machine which slows down slows both; ratios are of medians. With
// one core the processor time is of use even where other programs run.
#include <llama.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <future>
#include <random>
#include <string>
#include <thread>
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

// Words in no order, so that little of what follows stands in them.
std::string soup(int count, int seed) {
  std::minstd_rand draw(static_cast<unsigned>(seed + 1));
  std::string text;
  for (int i = 0; i < count; ++i) text += words(1, static_cast<int>(draw() % 1000));
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

  // How long it read and wrote.
  struct Spent {
    double prefill_ms = 0, decode_ms = 0;
  };
  Spent run(std::string const& prompt, int max_tokens) {
    auto const begun = clock_ms(CLOCK_MONOTONIC);
    auto read = begun;
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
      auto const now = clock_ms(CLOCK_MONOTONIC);
      if (generated == 1) read = now;
      if (generated == max_tokens || llama_vocab_is_eog(vocabulary, token)) return {read - begun, now - read};
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

double evidence(engine::Reply const& reply, char const* name) { return reply.evidence[name].as_number(0); }

// A pair in which the engine guessed says nothing of its loop, and another takes its place.
void compare(Plain& plain, engine::Model& ours, int pairs, int prompt_words, int max_tokens) {
  std::vector<double> prefills, our_prefills, decodes, our_decodes, processor, our_processor;
  FakeContext context;
  for (int pair = 0, done = 0; done <= pairs && pair < 3 * pairs + 3; ++pair) {
    auto const prompt = std::to_string(pair) + " " + soup(prompt_words, pair);
    // The prompts of the pairs begin differently, so that nothing is reused.
    auto const inputs = Value::record({{"prompt", prompt}, {"raw", true}, {"max_tokens", max_tokens}});
    Plain::Spent spent;
    auto const theirs = timed([&] { spent = plain.run(prompt, max_tokens); });
    plain.rest();
    engine::Reply reply;
    auto const own = timed([&] { reply = must(ours.call({"generate", inputs}, context)); });
    if (evidence(reply, "tokens_guessed") > 0) continue;
    if (done++ == 0) continue;  // warms the caches
    // All that is not writing: tokens counted, the queue, reading, the answer.
    auto const our_decode = evidence(reply, "decode_ms"), our_prefill = own.wall - our_decode;
    std::printf("pair %d: prefill %.2f ms, engine %.2f; decode %.2f ms, engine %.2f (%.0f in, %.0f out)\n",
                done - 1, spent.prefill_ms, our_prefill, spent.decode_ms, our_decode,
                evidence(reply, "tokens_in"), evidence(reply, "tokens_out"));
    prefills.push_back(spent.prefill_ms), our_prefills.push_back(our_prefill);
    decodes.push_back(spent.decode_ms), our_decodes.push_back(our_decode);
    processor.push_back(theirs.processor), our_processor.push_back(own.processor);
  }
  if (prefills.empty()) return;
  std::printf("speed of the engine / llama.cpp: prefill %.3f, decode %.3f; by processor time %.3f\n",
              median(prefills) / median(our_prefills), median(decodes) / median(our_decodes),
              median(processor) / median(our_processor));
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

void parallel(engine::Model& ours, int calls) {
  auto const inputs = [](int i) {
    return Value::record(
        {{"prompt", std::to_string(i) + " " + words(100, i)}, {"raw", true}, {"max_tokens", 48}});
  };
  std::vector<double> alone, together, alone_processor, together_processor;
  for (int round = 0; round < 3; ++round) {
    std::vector<FakeContext> contexts(static_cast<std::size_t>(calls));
    auto const one_by_one = timed([&] {
      for (int i = 0; i < calls; ++i) must(ours.call({"generate", inputs(100 * round + i)}, contexts[0]));
    });
    auto const at_once = timed([&] {
      std::vector<std::future<engine::Reply>> running;
      for (int i = 0; i < calls; ++i) {
        running.push_back(std::async(std::launch::async, [&, i] {
          return must(
              ours.call({"generate", inputs(100 * round + 50 + i)}, contexts[static_cast<std::size_t>(i)]));
        }));
      }
      for (auto& each : running) each.get();
    });
    std::printf("%d calls: one by one %.0f ms, at once %.0f ms\n", calls, one_by_one.wall, at_once.wall);
    alone.push_back(one_by_one.wall), together.push_back(at_once.wall);
    alone_processor.push_back(one_by_one.processor), together_processor.push_back(at_once.processor);
  }
  std::printf("throughput at once / one by one: %.2f by wall time, %.2f by processor time\n",
              median(alone) / median(together), median(alone_processor) / median(together_processor));
}

void cancel(engine::Model& ours, int times) {
  std::vector<double> waits, next;
  for (int i = 0; i < times; ++i) {
    FakeContext context;
    auto const inputs =
        Value::record({{"prompt", std::to_string(i) + words(2600, i)}, {"raw", true}, {"max_tokens", 8}});
    auto running = std::async(std::launch::async, [&] { return ours.call({"generate", inputs}, context); });
    std::this_thread::sleep_for(std::chrono::milliseconds(400 + 37 * i));
    auto const asked = clock_ms(CLOCK_MONOTONIC);
    context.stop = true;
    auto const reply = running.get();
    waits.push_back(clock_ms(CLOCK_MONOTONIC) - asked);
    if (reply) std::printf("it ended before it was cancelled\n");
  }
  std::printf("cancelled while reading: median %.1f ms, most %.1f ms\n", median(waits),
              *std::max_element(waits.begin(), waits.end()));
}

void restart(std::string const& path, int cores, int times) {
  std::vector<double> cold, warm, cold_processor, warm_processor;
  for (int i = 0; i < times; ++i) {
    testing::TemporaryFolder const folder;
    for (bool const is_warm : {false, true}) {
      LlamaEngine engine;
      testing::OpenFile const file(path);
      auto const model = engine.load(file.file({}, folder.path()), [](double) { return true; }).value();
      model->set_cores(cores);
      FakeContext context;
      engine::Reply reply;
      auto const inputs = Value::record({{"prefix", words(760, 5 * i)},
                                         {"prompt", is_warm ? " a letter" : " the boat"},
                                         {"raw", true},
                                         {"max_tokens", 1}});
      auto const times_taken = timed([&] { reply = must(model->call({"generate", inputs}, context)); });
      std::printf("%s: %.0f tokens, %.0f of them kept: %.1f ms\n", is_warm ? "warm" : "cold",
                  evidence(reply, "tokens_in"), evidence(reply, "tokens_reused"), times_taken.wall);
      (is_warm ? warm : cold).push_back(times_taken.wall);
      (is_warm ? warm_processor : cold_processor).push_back(times_taken.processor);
    }
  }
  std::printf("first token after a restart: %.1f times faster by wall time, %.1f by processor time\n",
              median(cold) / median(warm), median(cold_processor) / median(warm_processor));
}

// How much less likely the model finds the one than the other after the same text.
double margin(engine::Model& ours, std::string const& before, Value const& one, Value const& other) {
  FakeContext context;
  auto const reply = must(ours.call(
      {"score",
       Value::record({{"prefix", before}, {"special", true}, {"continuations", Value::list({one, other})}})},
      context));
  auto const& scores = reply.outputs["scores"].as_list();
  return std::abs(scores[0]["logprob"].as_number() - scores[1]["logprob"].as_number());
}

void copy(engine::Model& ours, std::string const& file, std::string const& field, int count) {
  std::ifstream lines(file);
  std::string line;
  double plain_ms = 0, guessed_ms = 0;
  double tokens = 0, differing = 0, guesses = 0, right = 0;
  std::string paragraph;
  FakeContext context;
  for (int done = 0; done < count && std::getline(lines, line);) {
    auto const json = Json::parse(line);
    if (!json) continue;
    paragraph += (paragraph.empty() ? "" : " ") + (*json)[field].as_string();
    if (paragraph.size() < 500) continue;
    auto const prompt =
        "<|im_start|>user\nCorrect the spelling and grammar of the text. Change nothing else.\n\nText:\n" +
        paragraph + "<|im_end|>\n<|im_start|>assistant\n";
    auto const inputs = Value::record(
        {{"prompt", prompt}, {"raw", true}, {"special", true}, {"max_tokens", 300}, {"probabilities", true}});
    auto const plain = must(ours.call({"generate", inputs.with("deterministic", true)}, context));
    auto const guessed = must(ours.call({"generate", inputs}, context));
    // The prompt is read in both but for what was kept of it, and does not count.
    plain_ms += evidence(plain, "decode_ms"), guessed_ms += evidence(guessed, "decode_ms");
    auto const& a = plain.outputs["tokens"].as_list();
    auto const& b = guessed.outputs["tokens"].as_list();
    std::size_t same = 0;
    auto before = prompt;
    for (; same < std::min(a.size(), b.size()) && a[same]["text"] == b[same]["text"]; ++same)
      before += a[same]["text"].as_text();
    tokens += static_cast<double>(a.size());
    guesses += evidence(guessed, "tokens_guessed"), right += evidence(guessed, "tokens_guessed_right");
    std::printf("%zu tokens, plain %.0f ms, guessed %.0f ms (%.0f of %.0f right)", a.size(),
                evidence(plain, "decode_ms"), evidence(guessed, "decode_ms"),
                evidence(guessed, "tokens_guessed_right"), evidence(guessed, "tokens_guessed"));
    if (same < std::min(a.size(), b.size())) {
      differing += 1;
      std::printf(", differs at %zu, margin %.3f", same,
                  margin(ours, before, a[same]["text"], b[same]["text"]));
    }
    std::printf("\n");
    paragraph.clear();
    ++done;
  }
  std::printf(
      "guessing / plain: %.2f by wall time; %.0f of %.0f guesses right; first "
      "differences at %.0f of %.0f tokens\n",
      plain_ms / guessed_ms, right, guesses, differing, tokens);
}

int usage(char const* program) {
  std::fprintf(stderr,
               "usage: %s MODEL.gguf pairs|parallel|cancel|restart|copy|score …; see llama_bench.cpp\n",
               program);
  return 2;
}

int run(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // seen as it comes, also in a file
  if (argc < 3) return usage(argv[0]);
  std::string const path = argv[1], what = argv[2];
  auto const number = [&](int index, int otherwise) {
    return argc > index ? std::atoi(argv[index]) : otherwise;
  };
  bool const copies = what == "copy";
  if (copies && argc < 5) return usage(argv[0]);
  auto const cores = number(copies ? 5 : 3, 2);
  LlamaEngine engine;
  if (!engine.start()) return 1;
  if (what == "restart") {
    restart(path, cores, number(4, 3));
    return 0;
  }
  testing::OpenFile const file(path);
  auto loaded = engine.load(file.file(), [](double) { return true; });
  if (!loaded) {
    std::fprintf(stderr, "%s\n", loaded.error().message().c_str());
    return 1;
  }
  auto& ours = **loaded;
  ours.set_cores(cores);
  if (what == "pairs") {
    Plain plain(path, cores);
    compare(plain, ours, number(4, 7), number(5, 100), number(6, 64));
  } else if (what == "parallel") {
    parallel(ours, number(4, 8));
  } else if (what == "cancel") {
    cancel(ours, number(4, 5));
  } else if (copies) {
    copy(ours, argv[3], argv[4], number(6, 10));
  } else if (what == "score") {
    score_passages(ours);
  } else {
    return usage(argv[0]);
  }
  return 0;
}

}  // namespace
}  // namespace shoal::llama_engine

int main(int argc, char** argv) { return shoal::llama_engine::run(argc, argv); }
