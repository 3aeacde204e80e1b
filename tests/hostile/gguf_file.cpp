#include "tests/hostile/gguf_file.h"

#include <algorithm>

#include "tests/hostile/random.h"

namespace shoal::hostile {
namespace {

constexpr std::size_t kAlignment = 32;
constexpr std::int64_t kWidth = 32, kHidden = 64, kTokens = 300;

void pad(std::string& bytes) { bytes.resize((bytes.size() + kAlignment - 1) / kAlignment * kAlignment); }

GgufTensor small_numbers(std::string name, std::vector<std::int64_t> dimensions, Random& random) {
  GgufTensor tensor{std::move(name), std::move(dimensions), 0, 0, {}};
  std::int64_t count = 1;
  for (auto const each : tensor.dimensions) count *= each;
  for (std::int64_t i = 0; i < count; ++i) {
    tensor.data += raw(static_cast<float>(random.below(2001)) / 10000.0F - 0.1F);
  }
  return tensor;
}

// The character that byte-level BPE writes for a byte: itself where it can be printed, else one from U+0100
// on.
std::string byte_character(int byte) {
  bool const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte != 173);
  int code = byte;
  if (!printable) code = 256 + (byte <= 32 ? byte : byte <= 160 ? byte - 127 + 33 : 67);
  if (code < 128) return {static_cast<char>(code)};
  return {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
}

std::string hex_token(int byte) {
  constexpr char const* kDigits = "0123456789ABCDEF";
  return std::string("<0x") + kDigits[byte >> 4] + kDigits[byte & 15] + ">";
}

void add_vocabulary(GgufFile& file, Tokenizer tokenizer) {
  constexpr std::int32_t kNormal = 1, kUnknown = 2, kControl = 3, kByte = 6;
  bool const bpe = tokenizer == Tokenizer::bpe;
  std::vector<std::string> tokens = {"<unk>", "<s>", "</s>"};
  std::vector<std::int32_t> kinds = {kUnknown, kControl, kControl};
  for (int byte = 0; byte < 256; ++byte) {
    tokens.push_back(bpe ? byte_character(byte) : hex_token(byte));
    kinds.push_back(bpe ? kNormal : kByte);
  }
  std::vector<std::string> merges;
  for (char second = 'a'; tokens.size() < kTokens; ++second) {
    bool const more = second <= 'z';
    auto const letter = std::string(1, more ? second : static_cast<char>(second - 26));
    auto const first = std::string(more ? "t" : "e");
    tokens.push_back(first + letter);
    kinds.push_back(kNormal);
    merges.push_back(first + " " + letter);
  }
  file.set("tokenizer.ggml.model", kString, counted(bpe ? "gpt2" : "llama"));
  if (bpe) file.set("tokenizer.ggml.pre", kString, counted("smollm"));
  file.set("tokenizer.ggml.tokens", kArray, array_of(tokens));
  file.set("tokenizer.ggml.token_type", kArray, array_of(kInt32, kinds));
  if (bpe) {
    file.set("tokenizer.ggml.merges", kArray, array_of(merges));
  } else {
    file.set("tokenizer.ggml.scores", kArray, array_of(kFloat32, std::vector<float>(tokens.size(), -1)));
  }
  file.set("tokenizer.ggml.unknown_token_id", kUint32, raw<std::uint32_t>(0));
  file.set("tokenizer.ggml.bos_token_id", kUint32, raw<std::uint32_t>(1));
  file.set("tokenizer.ggml.eos_token_id", kUint32, raw<std::uint32_t>(2));
  file.set("tokenizer.chat_template", kString,
           counted("{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}"));
}

}  // namespace

std::string counted(std::string const& text) { return raw<std::uint64_t>(text.size()) + text; }

std::string array_of(std::vector<std::string> const& texts) {
  auto bytes = raw(kString) + raw<std::uint64_t>(texts.size());
  for (auto const& text : texts) bytes += counted(text);
  return bytes;
}

GgufPair* GgufFile::find(std::string const& key) {
  auto const found =
      std::find_if(pairs.begin(), pairs.end(), [&](auto const& each) { return each.key == key; });
  return found == pairs.end() ? nullptr : &*found;
}

void GgufFile::set(std::string const& key, std::uint32_t type, std::string bytes) {
  if (auto* pair = find(key)) {
    *pair = {key, type, std::move(bytes)};
  } else {
    pairs.push_back({key, type, std::move(bytes)});
  }
}

void GgufFile::lay_out() {
  std::uint64_t offset = 0;
  for (auto& tensor : tensors) {
    tensor.offset = offset;
    offset += (tensor.data.size() + kAlignment - 1) / kAlignment * kAlignment;
  }
}

std::string GgufFile::header() const {
  auto bytes = magic + raw(version) + raw<std::uint64_t>(told_tensors.value_or(tensors.size())) +
               raw<std::uint64_t>(told_pairs.value_or(pairs.size()));
  for (auto const& pair : pairs) bytes += counted(pair.key) + raw(pair.type) + pair.bytes;
  for (auto const& tensor : tensors) {
    bytes += counted(tensor.name) + raw(static_cast<std::uint32_t>(tensor.dimensions.size()));
    for (auto const dimension : tensor.dimensions) bytes += raw(dimension);
    bytes += raw(tensor.type) + raw(tensor.offset);
  }
  return bytes;
}

std::string GgufFile::bytes() const {
  auto bytes = header();
  pad(bytes);
  for (auto const& tensor : tensors) {
    bytes += tensor.data;
    pad(bytes);
  }
  return bytes;
}

GgufFile tiny_model(Tokenizer tokenizer) {
  GgufFile file;
  file.set("general.architecture", kString, counted("llama"));
  file.set("general.name", kString, counted("tiny"));
  for (auto const& [key, value] :
       std::vector<std::pair<std::string, std::uint32_t>>{{"context_length", 256},
                                                          {"embedding_length", kWidth},
                                                          {"block_count", 2},
                                                          {"feed_forward_length", kHidden},
                                                          {"attention.head_count", 2},
                                                          {"attention.head_count_kv", 1},
                                                          {"rope.dimension_count", 16},
                                                          {"vocab_size", kTokens}}) {
    file.set("llama." + key, kUint32, raw(value));
  }
  file.set("llama.attention.layer_norm_rms_epsilon", kFloat32, raw(1e-5F));
  file.set("llama.rope.freq_base", kFloat32, raw(10000.0F));
  add_vocabulary(file, tokenizer);

  Random random(7);
  auto const add = [&](std::string name, std::vector<std::int64_t> dimensions) {
    file.tensors.push_back(small_numbers(std::move(name), std::move(dimensions), random));
  };
  add("token_embd.weight", {kWidth, kTokens});
  add("output_norm.weight", {kWidth});
  for (auto const* block : {"blk.0.", "blk.1."}) {
    auto const name = [&](char const* part) { return std::string(block) + part + ".weight"; };
    add(name("attn_norm"), {kWidth});
    add(name("attn_q"), {kWidth, kWidth});
    add(name("attn_k"), {kWidth, kWidth / 2});
    add(name("attn_v"), {kWidth, kWidth / 2});
    add(name("attn_output"), {kWidth, kWidth});
    add(name("ffn_norm"), {kWidth});
    add(name("ffn_gate"), {kWidth, kHidden});
    add(name("ffn_up"), {kWidth, kHidden});
    add(name("ffn_down"), {kHidden, kWidth});
  }
  file.lay_out();
  return file;
}

}  // namespace shoal::hostile
