#include "tests/hostile/gguf_mutations.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <limits>

#include "tests/hostile/random.h"

namespace shoal::hostile {
namespace {

enum class Must { run_or_fail, fail };

// One way to bend a file's parts.
struct Bending {
  char const* name;
  Must must;
  void (*apply)(GgufFile&, Random&);
};
// One way to damage its bytes.
struct Damage {
  char const* name;
  Must must;
  void (*apply)(std::string& bytes, std::size_t header, Random&);
};

std::uint64_t absurd_number(Random& random) {
  static std::vector<std::uint64_t> const numbers = {
      1ull << 16,       1ull << 20, 1ull << 24, 1ull << 28, 1ull << 31, (1ull << 31) - 1,
      (1ull << 32) - 1, 1ull << 32, 1ull << 40, 1ull << 48, 1ull << 56, 1ull << 60,
      1ull << 61,       1ull << 62, 1ull << 63, ~0ull,      ~0ull - 7,  (1ull << 63) - 1};
  return random.pick(numbers);
}

std::uint32_t odd_number(Random& random) {
  static std::vector<std::uint32_t> const numbers = {
      0,   1,   2,    3,     5,        31,       33,       64,          127,         255,
      256, 257, 4095, 65535, 1u << 20, 1u << 24, 1u << 28, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu};
  return random.pick(numbers);
}

float odd_float(Random& random) {
  static std::vector<float> const numbers = {0.0F,
                                             -0.0F,
                                             -1.0F,
                                             1e38F,
                                             -1e38F,
                                             1e-45F,
                                             std::numeric_limits<float>::infinity(),
                                             -std::numeric_limits<float>::infinity(),
                                             std::numeric_limits<float>::quiet_NaN()};
  return random.pick(numbers);
}

std::string noise(std::size_t size, Random& random) {
  std::string bytes(size, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random.next());
  return bytes;
}

GgufPair& pick_pair(GgufFile& file, std::vector<std::uint32_t> const& types, Random& random) {
  std::vector<GgufPair*> found;
  for (auto& pair : file.pairs) {
    if (std::find(types.begin(), types.end(), pair.type) != types.end()) found.push_back(&pair);
  }
  return *random.pick(found);
}

// The texts of an array of strings.
std::vector<std::string> texts_of(std::string const& array) {
  std::vector<std::string> texts;
  for (std::size_t at = 12; at + 8 <= array.size();) {
    std::uint64_t size = 0;
    std::copy_n(array.data() + at, sizeof size, reinterpret_cast<char*>(&size));
    texts.push_back(array.substr(at + 8, size));
    at += 8 + size;
  }
  return texts;
}

void set_count(std::string& array, std::uint64_t count) { array.replace(4, 8, raw(count)); }

void bend_dimension(GgufFile& file, Random& random) {
  auto& tensor = random.pick(file.tensors);
  random.pick(tensor.dimensions) = static_cast<std::int64_t>(absurd_number(random));
}

void bend_small_dimension(GgufFile& file, Random& random) {
  auto& tensor = random.pick(file.tensors);
  random.pick(tensor.dimensions) = static_cast<std::int64_t>(odd_number(random));
}

void bend_number(GgufFile& file, Random& random) {
  auto& pair = pick_pair(file, {kUint32}, random);
  pair.bytes = raw(odd_number(random));
}

void bend_number_to_64_bits(GgufFile& file, Random& random) {
  auto& pair = pick_pair(file, {kUint32}, random);
  pair.type = random.below(2) == 0 ? kUint64 : kInt64;
  pair.bytes = raw(absurd_number(random));
}

void bend_number_to_array(GgufFile& file, Random& random) {
  auto& pair = pick_pair(file, {kUint32}, random);
  pair.type = kArray;
  pair.bytes = array_of(kUint32, std::vector<std::uint32_t>(random.below(5), odd_number(random)));
}

void bend_float(GgufFile& file, Random& random) {
  pick_pair(file, {kFloat32}, random).bytes = raw(odd_float(random));
}

void bend_token(GgufFile& file, Random& random) {
  auto& tokens = file.find("tokenizer.ggml.tokens")->bytes;
  auto texts = texts_of(tokens);
  for (auto left = 1 + random.below(20); left > 0; --left) {
    auto& text = random.pick(texts);
    switch (random.below(6)) {
      case 0: text.clear(); break;
      case 1: text = random.pick(texts); break;
      case 2: text = noise(1 + random.below(8), random); break;
      case 3: text = std::string(random.below(300'000), 'a'); break;
      case 4: text = std::string("a\0b", 3); break;
      default: text = "<|" + std::to_string(random.below(100)) + "|>"; break;
    }
  }
  tokens = array_of(texts);
}

void bend_token_count(GgufFile& file, Random& random) {
  auto& tokens = file.find("tokenizer.ggml.tokens")->bytes;
  auto texts = texts_of(tokens);
  static std::vector<std::size_t> const sizes = {0, 1, 2, 3, 255, 299, 301, 1000, 100'000};
  texts.resize(random.pick(sizes), "x");
  tokens = array_of(texts);
}

void bend_token_kinds(GgufFile& file, Random& random) {
  std::vector<std::int32_t> kinds(300 - 10 + random.below(20), 1);
  for (auto& kind : kinds)
    kind = static_cast<std::int32_t>(random.below(8) == 0 ? random.next() : random.below(8));
  file.set("tokenizer.ggml.token_type", kArray, array_of(kInt32, kinds));
}

void bend_scores(GgufFile& file, Random& random) {
  std::vector<float> scores(random.below(400));
  for (auto& score : scores) score = odd_float(random);
  file.set("tokenizer.ggml.scores", kArray, array_of(kFloat32, scores));
}

void bend_merges(GgufFile& file, Random& random) {
  std::vector<std::string> merges;
  auto const add = [&](std::string merge) { merges.push_back(std::move(merge)); };
  for (auto left = random.below(2000); left > 0; --left) {
    switch (random.below(6)) {
      case 0: add(""); break;
      case 1: add(" "); break;
      case 2: add("nospace"); break;
      case 3: add(noise(random.below(20), random)); break;
      case 4: add("a  b c"); break;
      default: add("t h"); break;
    }
  }
  file.set("tokenizer.ggml.merges", kArray, array_of(merges));
}

void bend_special_token(GgufFile& file, Random& random) {
  static std::vector<char const*> const names = {"bos", "eos",       "unknown", "padding", "eot",
                                                 "eom", "separator", "fim_pre", "mask"};
  file.set(std::string("tokenizer.ggml.") + random.pick(names) + "_token_id", kUint32,
           raw(odd_number(random)));
}

void bend_chat_template(GgufFile& file, Random& random) {
  static std::vector<std::string> const templates = {
      "{% for i in range(1000000000) %}x{% endfor %}",
      "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
      "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
      "{{ 'x' * 1000000000 }}",
      "{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ "
      "ns.s }}",
      "{{ messages[1000000].content }}",
      "{{ 1 / 0 }}",
      "{{ 1 % 0 }}",
      "{{ raise_exception('no') }}",
      "{% if %}{% for %}{{",
      "{{ messages | tojson | tojson | tojson }}",
      "{{ 'a'.split('') }}{{ ''.join(messages) }}",
      "{{ strftime_now('%Y' * 100000) }}",
      "{{ messages[0].content[9223372036854775807:-9223372036854775808:-1] }}",
      "{{ range(9223372036854775807) | list }}",
      std::string("{{ 'a\0b' }}", 11),
      "\xff\xfe{{ messages }}"};
  switch (random.below(4)) {
    case 0: return file.set("tokenizer.chat_template", kString, counted(noise(random.below(2000), random)));
    case 1: {
      auto const depth = 10 + random.below(200'000);
      std::string deep;
      for (std::size_t i = 0; i < depth; ++i) deep += "(";
      return file.set("tokenizer.chat_template", kString, counted("{{ " + deep + "1"));
    }
    default: return file.set("tokenizer.chat_template", kString, counted(random.pick(templates)));
  }
}

void bend_architecture(GgufFile& file, Random& random) {
  static std::vector<std::string> const names = {
      "gemma",      "gemma2",  "gemma3",    "qwen2",     "qwen2moe",  "qwen3",
      "phi2",       "phi3",    "mamba",     "rwkv6",     "rwkv7",     "bert",
      "nomic-bert", "t5",      "t5encoder", "bloom",     "mpt",       "falcon",
      "gpt2",       "gptneox", "starcoder", "deepseek2", "command-r", "jamba",
      "minicpm3",   "olmo",    "dbrx",      "grok",      "clip",      "wavtokenizer-dec",
      "llama4",     "granite", "lfm2",      "plamo2",    "chatglm",   "",
      "no such",    "LLAMA",   "mistral3",  "llada"};
  auto const& name = random.pick(names);
  file.set("general.architecture", kString, counted(name));
  // The keys follow, or nearly all files would fail at the first missing one.
  for (auto& pair : file.pairs) {
    if (pair.key.starts_with("llama.") && random.below(20) != 0) pair.key = name + pair.key.substr(5);
  }
}

void bend_tokenizer(GgufFile& file, Random& random) {
  static std::vector<std::string> const models = {"llama",  "gpt2", "bert",    "t5", "rwkv",
                                                  "plamo2", "none", "no such", ""};
  static std::vector<std::string> const splits = {"default", "llama3",  "llama-bpe", "deepseek-llm",
                                                  "falcon",  "qwen2",   "gpt-4o",    "tekken",
                                                  "viking",  "no such", ""};
  file.set("tokenizer.ggml.model", kString, counted(random.pick(models)));
  file.set("tokenizer.ggml.pre", kString, counted(random.pick(splits)));
}

void bend_weights(GgufFile& file, Random& random) {
  for (auto left = 1 + random.below(4); left > 0; --left) {
    auto& data = random.pick(file.tensors).data;
    for (std::size_t at = 0; at + 4 <= data.size(); at += 4 * (1 + random.below(16)))
      data.replace(at, 4, raw(odd_float(random)));
  }
}

void bend_key(GgufFile& file, Random& random) {
  auto& pair = random.pick(file.pairs);
  switch (random.below(4)) {
    case 0: pair.key.clear(); break;
    case 1: pair.key = noise(1 + random.below(40), random); break;
    case 2: pair.key = std::string(random.below(1'000'000), 'k'); break;
    default: pair.key += '\0'; break;
  }
}

void add_odd_key(GgufFile& file, Random& random) {
  static std::vector<char const*> const keys = {"llama.expert_count",
                                                "llama.expert_used_count",
                                                "llama.attention.sliding_window",
                                                "llama.attention.key_length",
                                                "llama.attention.value_length",
                                                "llama.rope.scaling.factor",
                                                "llama.attention.clamp_kqv",
                                                "llama.use_parallel_residual",
                                                "llama.pooling_type",
                                                "llama.vocab_size",
                                                "llama.rope.scaling.original_context_length",
                                                "llama.leading_dense_block_count",
                                                "llama.attention.max_alibi_bias",
                                                "split.count",
                                                "split.no",
                                                "split.tensors.count",
                                                "general.file_type",
                                                "general.quantization_version",
                                                "llama.nextn_predict_layers",
                                                "llama.attention.causal",
                                                "tokenizer.ggml.precompiled_charsmap"};
  auto const* key = random.pick(keys);
  switch (random.below(4)) {
    case 0: return file.set(key, kUint32, raw(odd_number(random)));
    case 1: return file.set(key, kFloat32, raw(odd_float(random)));
    case 2: return file.set(key, kBool, std::string(1, static_cast<char>(random.next())));
    default: return file.set(key, kArray, array_of(kInt8, std::vector<std::int8_t>(random.below(100), -1)));
  }
}

std::string nested_arrays(std::size_t depth) {
  std::string bytes;
  for (std::size_t i = 0; i < depth; ++i) bytes += raw(kArray) + raw<std::uint64_t>(1);
  return bytes + raw(kUint8) + raw<std::uint64_t>(1) + "x";
}

constexpr auto kMustFail = Must::fail;
constexpr auto kMay = Must::run_or_fail;

Bending const kBendings[] = {
    {"wrong magic", kMustFail, [](GgufFile& file, Random& random) { file.magic = noise(4, random); }},
    {"wrong version", kMustFail,
     [](GgufFile& file, Random& random) { file.version = 4 + odd_number(random) / 2; }},
    {"old version", kMay,
     [](GgufFile& file, Random& random) { file.version = static_cast<std::uint32_t>(random.below(3)); }},
    {"absurd number of tensors", kMustFail,
     [](GgufFile& file, Random& random) { file.told_tensors = absurd_number(random); }},
    {"absurd number of keys", kMustFail,
     [](GgufFile& file, Random& random) { file.told_pairs = absurd_number(random); }},
    {"counts that are a little wrong", kMay,
     [](GgufFile& file, Random& random) {
       file.told_tensors = file.tensors.size() - 3 + random.below(6);
       file.told_pairs = file.pairs.size() - 3 + random.below(6);
     }},
    {"absurd dimension", kMustFail, bend_dimension},
    {"odd dimension", kMay, bend_small_dimension},
    {"many dimensions", kMustFail,
     [](GgufFile& file, Random& random) {
       random.pick(file.tensors).dimensions.resize(5 + random.below(1000), 1);
     }},
    {"no dimensions", kMustFail,
     [](GgufFile& file, Random& random) { random.pick(file.tensors).dimensions.clear(); }},
    {"tensor type that lies", kMay,
     [](GgufFile& file, Random& random) {
       random.pick(file.tensors).type = static_cast<std::uint32_t>(random.below(45));
     }},
    {"all tensor types lie", kMay,
     [](GgufFile& file, Random& random) {
       auto const type = static_cast<std::uint32_t>(random.below(45));
       for (auto& tensor : file.tensors) tensor.type = type;
     }},
    {"absurd tensor type", kMustFail,
     [](GgufFile& file, Random& random) { random.pick(file.tensors).type = 1000 + odd_number(random); }},
    {"offset beyond the file", kMustFail,
     [](GgufFile& file, Random& random) {
       random.pick(file.tensors).offset = absurd_number(random) & ~31ull;
     }},
    {"offset not aligned", kMay,
     [](GgufFile& file, Random& random) { random.pick(file.tensors).offset += 1 + random.below(31); }},
    {"tensors over each other", kMay,
     [](GgufFile& file, Random& random) {
       random.pick(file.tensors).offset = random.pick(file.tensors).offset;
     }},
    {"tensor missing", kMay,
     [](GgufFile& file, Random& random) {
       file.tensors.erase(file.tensors.begin() +
                          static_cast<std::ptrdiff_t>(random.below(file.tensors.size())));
       if (random.below(2) == 0) file.lay_out();
     }},
    {"tensor renamed", kMay,
     [](GgufFile& file, Random& random) {
       random.pick(file.tensors).name = noise(random.below(100), random);
     }},
    {"tensor twice", kMustFail,
     [](GgufFile& file, Random& random) { file.tensors.push_back(random.pick(file.tensors)); }},
    {"tensors in another order", kMay,
     [](GgufFile& file, Random& random) {
       std::swap(random.pick(file.tensors).name, random.pick(file.tensors).name);
     }},
    {"key missing", kMay,
     [](GgufFile& file, Random& random) {
       file.pairs.erase(file.pairs.begin() + static_cast<std::ptrdiff_t>(random.below(file.pairs.size())));
     }},
    {"key twice", kMustFail,
     [](GgufFile& file, Random& random) { file.pairs.push_back(random.pick(file.pairs)); }},
    {"odd key", kMay, bend_key},
    {"key that changes the model", kMay, add_odd_key},
    {"value type that lies", kMay,
     [](GgufFile& file, Random& random) {
       random.pick(file.pairs).type = static_cast<std::uint32_t>(random.below(15));
     }},
    {"odd number", kMay, bend_number},
    {"two odd numbers", kMay,
     [](GgufFile& file, Random& random) { bend_number(file, random), bend_number(file, random); }},
    {"number of 64 bits", kMay, bend_number_to_64_bits},
    {"number as an array", kMay, bend_number_to_array},
    {"odd float", kMay, bend_float},
    {"string beyond the end", kMustFail,
     [](GgufFile& file, Random& random) {
       pick_pair(file, {kString}, random).bytes.replace(0, 8, raw(absurd_number(random) | (1ull << 30)));
     }},
    {"array beyond the end", kMustFail,
     [](GgufFile& file, Random& random) {
       set_count(pick_pair(file, {kArray}, random).bytes, absurd_number(random) | (1ull << 30));
     }},
    {"element type that lies", kMay,
     [](GgufFile& file, Random& random) {
       pick_pair(file, {kArray}, random)
           .bytes.replace(0, 4, raw(static_cast<std::uint32_t>(random.below(15))));
     }},
    {"arrays in arrays", kMustFail,
     [](GgufFile& file, Random& random) {
       file.set("deep", kArray, nested_arrays(std::size_t{1} << random.below(18)));
     }},
    {"odd tokens", kMay, bend_token},
    {"number of tokens", kMay, bend_token_count},
    {"odd token types", kMay, bend_token_kinds},
    {"odd scores", kMay, bend_scores},
    {"odd merges", kMay, bend_merges},
    {"special token that is none", kMay, bend_special_token},
    {"odd chat template", kMay, bend_chat_template},
    {"another architecture", kMay, bend_architecture},
    {"another tokenizer", kMay, bend_tokenizer},
    {"odd weights", kMay, bend_weights},
    {"odd alignment", kMay,
     [](GgufFile& file, Random& random) { file.set("general.alignment", kUint32, raw(odd_number(random))); }},
};

Damage const kDamages[] = {
    {"cut in the header", kMustFail,
     [](std::string& bytes, std::size_t header, Random& random) { bytes.resize(random.below(header)); }},
    {"cut in the tensors", kMustFail,
     [](std::string& bytes, std::size_t header, Random& random) {
       // The last tensor ends before the padding.
       bytes.resize(header + random.below(bytes.size() - 32 - header));
     }},
    {"bits flipped in the header", kMay,
     [](std::string& bytes, std::size_t header, Random& random) {
       for (auto left = 1 + random.below(8); left > 0; --left)
         bytes[random.below(header)] ^= static_cast<char>(1u << random.below(8));
     }},
    {"bytes put in", kMay,
     [](std::string& bytes, std::size_t header, Random& random) {
       bytes.insert(random.below(header), noise(1 + random.below(64), random));
     }},
    {"bytes taken out", kMay,
     [](std::string& bytes, std::size_t header, Random& random) {
       bytes.erase(random.below(header), 1 + random.below(64));
     }},
    {"header of noise", kMay,
     [](std::string& bytes, std::size_t header, Random& random) {
       auto const at = 24 + random.below(header - 24);
       auto const size = std::min(header - at, 1 + random.below(256));
       bytes.replace(at, size, noise(size, random));
     }},
    {"a part twice", kMay,
     [](std::string& bytes, std::size_t header, Random& random) {
       auto const at = random.below(header);
       bytes.insert(random.below(header), bytes.substr(at, 1 + random.below(512)));
     }},
    {"only the header", kMustFail,
     [](std::string& bytes, std::size_t header, Random&) { bytes.resize(header); }},
};

// One case in so many is made of a real model's header.
constexpr std::uint64_t kRealOneIn = 12;

std::size_t damages() { return std::size(kDamages); }

}  // namespace

std::size_t gguf_mutation_count() { return std::size(kBendings) + damages(); }

GgufCase make_gguf_case(std::uint64_t seed, RealModel const& real) {
  Random random(seed);
  auto which = static_cast<std::size_t>(seed) % gguf_mutation_count();
  GgufCase made;
  bool const of_real = random.below(kRealOneIn) == 0;  // drawn always: the others are the same without it
  if (of_real && !real.header.empty()) {
    // Bytes are damaged only: its parts are those of the tiny ones, larger.
    auto const& damage = kDamages[which % damages()];
    made = {std::string(damage.name) + ", a real header", real.header, real.length,
            damage.must == Must::fail};
    if (std::string_view(damage.name) == "cut in the tensors") {
      made.length = real.header.size() + random.below(real.length - real.header.size() - 64);
      return made;
    }
    damage.apply(made.bytes, made.bytes.size(), random);
    if (made.must_fail) made.length = made.bytes.size();
    return made;
  }
  auto const tokenizer = random.below(2) == 0 ? Tokenizer::bpe : Tokenizer::sentencepiece;
  auto file = tiny_model(tokenizer);
  auto const suffix = tokenizer == Tokenizer::bpe ? ", bpe" : ", sentencepiece";
  if (which < std::size(kBendings)) {
    auto const& bending = kBendings[which];
    bending.apply(file, random);
    made = {bending.name + std::string(suffix), file.bytes(), 0, bending.must == Must::fail};
  } else {
    auto const& damage = kDamages[which - std::size(kBendings)];
    made = {damage.name + std::string(suffix), file.bytes(), 0, damage.must == Must::fail};
    damage.apply(made.bytes, file.header().size(), random);
  }
  made.length = made.bytes.size();
  return made;
}

RealModel real_model(std::string const& path) {
  constexpr std::size_t kMost = 8u << 20;
  RealModel real;
  std::error_code missing;
  real.length = std::filesystem::file_size(path, missing);
  if (missing || real.length < kMost) return {};
  std::string bytes(kMost, '\0');
  std::ifstream(path, std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(kMost));
  // The name of the last tensor, its dimensions, type and offset end the header.
  constexpr std::string_view kLast = "output_norm.weight";
  auto const last = bytes.rfind(kLast);
  if (last == std::string::npos) return {};
  real.header = bytes.substr(0, last + kLast.size() + 4 + 8 + 4 + 8);
  return real;
}

}  // namespace shoal::hostile
